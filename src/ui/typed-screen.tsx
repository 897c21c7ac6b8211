// Typing a code by hand: all four fields, or only those that a scanned code lacked.
import { useSignalEffect } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import type { TypedCode } from '../app/scan-model.ts';
import { words } from './messages.ts';
import { Screen } from './parts.tsx';
import { run } from './run.ts';
import {
  codeBehind,
  findFaults,
  looksLikeWholeCode,
  TYPED_FIELDS,
  type TypedField,
  tidyTyped,
} from './typed-form.ts';

export function TypedScreen({ app }: { readonly app: AppModel }) {
  const [packsJudged, setPacksJudged] = useState(0);
  // What was typed stays until it has led to a verdict: a slip in one field must not cost the other three.
  useSignalEffect(() => {
    if (app.scanner.state.value.kind === 'judged') setPacksJudged((count) => count + 1);
  });
  return (
    <Screen title={words.typed.title}>
      <p>{words.typed.intro}</p>
      <TypedForm key={packsJudged} app={app} known={{}} />
    </Screen>
  );
}

const EMPTY: TypedCode = { productCode: '', serial: '', batch: '', expiry: '' };

/** Asks for what `known` does not hold. */
export function TypedForm({ app, known }: { readonly app: AppModel; readonly known: Partial<TypedCode> }) {
  const [code, setCode] = useState<TypedCode>({ ...EMPTY, ...known });
  const [faults, setFaults] = useState<readonly TypedField[]>([]);
  const form = useRef<HTMLFormElement>(null);
  const asked = TYPED_FIELDS.filter((field) => known[field] === undefined);

  function submit(): void {
    const wholeCode = asked.map((field) => code[field]).find(looksLikeWholeCode);
    if (wholeCode !== undefined) run(app.scanner.readText(codeBehind(wholeCode), 'typed'));
    else check();
  }
  function check(): void {
    const tidy = { ...code };
    for (const field of asked) tidy[field] = tidyTyped(field, code[field]);
    const found = findFaults(tidy).filter((field) => asked.includes(field));
    setCode(tidy);
    setFaults(found);
    const first = found[0];
    if (first === undefined) run(app.scanner.readTyped(tidy));
    else form.current?.querySelector<HTMLInputElement>(`#typed-${first}`)?.focus();
  }
  return (
    <form
      ref={form}
      class="form"
      noValidate
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {asked.map((field) => (
        <Field
          key={field}
          field={field}
          value={code[field]}
          isFaulty={faults.includes(field)}
          onInput={(value) => setCode({ ...code, [field]: value })}
        />
      ))}
      <p class="form-summary" role="status">
        {faults.length > 0 ? words.typed.errorSummary(faults.length) : ''}
      </p>
      <button type="submit" class="button button-primary">
        {words.typed.check}
      </button>
    </form>
  );
}

// As a property it is a boolean and takes any word for yes; only the attribute is understood everywhere.
function forbidCorrection(input: HTMLInputElement | null): void {
  input?.setAttribute('autocorrect', 'off');
}

function Field(props: {
  readonly field: TypedField;
  readonly value: string;
  readonly isFaulty: boolean;
  onInput(value: string): void;
}) {
  const { field, isFaulty } = props;
  const id = `typed-${field}`;
  return (
    <div class="field">
      <label for={id}>{words.typed[field]}</label>
      <p id={`${id}-hint`} class="quiet">
        {words.typed[`${field}Hint`]}
      </p>
      <input
        id={id}
        type="text"
        class="input"
        value={props.value}
        aria-describedby={isFaulty ? `${id}-error ${id}-hint` : `${id}-hint`}
        aria-invalid={isFaulty}
        inputMode={field === 'expiry' ? 'numeric' : 'text'}
        autocomplete="off"
        autocapitalize="off"
        ref={forbidCorrection}
        spellcheck={false}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {isFaulty && (
        <p id={`${id}-error`} class="field-error">
          {words.typed.errors[field]}
        </p>
      )}
    </div>
  );
}
