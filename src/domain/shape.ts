// Shapes of JSON that comes from outside. Each reads one value or says where it went wrong, bounds included, so that
// every message of the wire is parsed into its type in one place and never trusted by cast.
import { err, ok, type Result } from './result.ts';

export type Shape<T> = (value: unknown, path: string) => Result<T, 'malformed'>;
export type Shaped<S> = S extends Shape<infer T> ? T : never;

function wrong(path: string, wanted: string): Result<never, 'malformed'> {
  return err('malformed', `${path}: ${wanted} expected`);
}

/** A string of `min` to `max` UTF-16 units that matches the pattern in full, when one is given. */
export function text(max: number, pattern?: RegExp, min = 0): Shape<string> {
  return (value, path) => {
    const fits =
      typeof value === 'string' &&
      value.length >= min &&
      value.length <= max &&
      !/\p{Surrogate}/u.test(value);
    if (!fits || (pattern && !pattern.test(value))) return wrong(path, `text of ${min} to ${max}`);
    return ok(value);
  };
}

export function hex(byteLength: number): Shape<string> {
  return text(byteLength * 2, /^[0-9a-f]*$/, byteLength * 2);
}

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return (value, path) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? ok(value)
      : wrong(path, `whole number from ${min} to ${max}`);
}

export function boolean(): Shape<boolean> {
  return (value, path) => (typeof value === 'boolean' ? ok(value) : wrong(path, 'true or false'));
}

export function oneOf<const T extends string | number | null>(choices: readonly T[]): Shape<T> {
  return (value, path) => {
    const found = choices.find((choice) => choice === value);
    return found === undefined ? wrong(path, `one of ${choices.join(', ')}`) : ok(found);
  };
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null ? ok(null) : shape(value, path));
}

/** A field that may be left out. */
export function optional<T>(shape: Shape<T>, otherwise: T): Shape<T> {
  return (value, path) => (value === undefined ? ok(otherwise) : shape(value, path));
}

export function list<T>(shape: Shape<T>, max: number): Shape<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > max) return wrong(path, `list of at most ${max}`);
    const items: T[] = [];
    for (let i = 0; i < value.length; i++) {
      const item = shape(value[i], `${path}[${i}]`);
      if (!item.ok) return item;
      items.push(item.value);
    }
    return ok(items);
  };
}

/** An object with exactly these fields; the result holds them in the order given here. */
export function record<F extends Record<string, Shape<unknown>>>(
  fields: F,
): Shape<{ readonly [K in keyof F]: Shaped<F[K]> }> {
  const names = Object.keys(fields);
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(path, 'object');
    const given = value as Record<string, unknown>;
    const stray = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
    if (stray !== undefined) return wrong(`${path}.${stray.slice(0, 40)}`, 'no such field');
    const parsed: Record<string, unknown> = {};
    for (const name of names) {
      const field = (fields[name] as Shape<unknown>)(
        Object.hasOwn(given, name) ? given[name] : undefined,
        `${path}.${name}`,
      );
      if (!field.ok) return field;
      parsed[name] = field.value;
    }
    return ok(parsed as { readonly [K in keyof F]: Shaped<F[K]> });
  };
}

/** One of several objects, told apart by the value of one text field. */
export function variants<V extends Record<string, Shape<unknown>>>(
  tag: string,
  shapes: V,
): Shape<Shaped<V[keyof V]>> {
  return (value, path) => {
    const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, tag) : undefined;
    const shape = typeof name === 'string' && Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (!shape) return wrong(`${path}.${tag}`, `one of ${Object.keys(shapes).join(', ')}`);
    return shape(value, path) as Result<Shaped<V[keyof V]>, 'malformed'>;
  };
}

export function parseJson<T>(json: string, shape: Shape<T>): Result<T, 'malformed'> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return err('malformed', 'not JSON');
  }
  return shape(value, '$');
}
