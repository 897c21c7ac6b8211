// Every truncation and every single-byte change of some bytes: what a parser must survive.

export function* mangled(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length++) yield bytes.slice(0, length);
  for (let at = 0; at < bytes.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const copy = bytes.slice();
      copy[at] = (copy[at] as number) ^ flip;
      yield copy;
    }
  }
  yield new Uint8Array([...bytes, 0]);
}
