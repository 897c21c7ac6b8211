// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, and the
// authors' reference implementation for the double-length output). A snapshot hashes every pack of a country, and
// this takes a twentieth of the time that SHA-256 does; 64-bit words are pairs of 32-bit ones, low half first.

/** v0 to v3, each as low and high half. */
export type SipState = Int32Array;

/** "somepseudorandomlygeneratedbytes", as the reference has it. */
const INITIAL = [
  0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462,
] as const;
const FINAL_ROUNDS = 8;

/** `key` is 16 bytes as four little-endian words. */
export function sipKeyed(key: ArrayLike<number>): SipState {
  const state = new Int32Array(INITIAL);
  for (let i = 0; i < state.length; i++) state[i] = (state[i] as number) ^ (key[i & 3] as number);
  state[2] = (state[2] as number) ^ 0xee;
  return state;
}

/** Takes in an even number of little-endian words. */
export function sipAbsorb(state: SipState, words: Int32Array): void {
  run(state, words, state, 0, false);
}

/**
 * Takes in the last words of a message, which end as the reference pads them (zeros, then the length in the top byte),
 * and writes four words of output at `at`. The state stays, so that messages with one beginning share its work.
 */
export function sipFinish(state: SipState, words: Int32Array, output: Int32Array, at: number): void {
  run(state, words, output, at, true);
}

// One body for all rounds, its state in local variables: that is what makes it fast. Two rounds take in a word of
// 64 bits, that is one step for each half; the carry of a 32-bit addition is the majority of a, b and not the sum.
function run(state: SipState, words: Int32Array, output: Int32Array, at: number, finish: boolean): void {
  const absorbing = words.length;
  const rounds = finish ? absorbing + FINAL_ROUNDS : absorbing;
  let a = state[0] as number;
  let A = state[1] as number;
  let b = state[2] as number;
  let B = state[3] as number;
  let c = state[4] as number;
  let C = state[5] as number;
  let d = state[6] as number;
  let D = state[7] as number;
  let low = 0;
  let high = 0;
  let t = 0;
  for (let i = 0; i < rounds; i++) {
    if (i < absorbing) {
      if ((i & 1) === 0) {
        low = words[i] as number;
        high = words[i + 1] as number;
        d ^= low;
        D ^= high;
      }
    } else if (i === absorbing) {
      c ^= 0xee;
    } else if (i === absorbing + 4) {
      output[at] = a ^ b ^ c ^ d;
      output[at + 1] = A ^ B ^ C ^ D;
      b ^= 0xdd;
    }

    t = (a + b) | 0;
    A = (A + B + (((a & b) | ((a | b) & ~t)) >>> 31)) | 0;
    a = t;
    t = (b << 13) | (B >>> 19);
    B = ((B << 13) | (b >>> 19)) ^ A;
    b = t ^ a;
    t = a;
    a = A;
    A = t;

    t = (c + d) | 0;
    C = (C + D + (((c & d) | ((c | d) & ~t)) >>> 31)) | 0;
    c = t;
    t = (d << 16) | (D >>> 16);
    D = ((D << 16) | (d >>> 16)) ^ C;
    d = t ^ c;

    t = (a + d) | 0;
    A = (A + D + (((a & d) | ((a | d) & ~t)) >>> 31)) | 0;
    a = t;
    t = (d << 21) | (D >>> 11);
    D = ((D << 21) | (d >>> 11)) ^ A;
    d = t ^ a;

    t = (c + b) | 0;
    C = (C + B + (((c & b) | ((c | b) & ~t)) >>> 31)) | 0;
    c = t;
    t = (b << 17) | (B >>> 15);
    B = ((B << 17) | (b >>> 15)) ^ C;
    b = t ^ c;
    t = c;
    c = C;
    C = t;

    if (i < absorbing && (i & 1) === 1) {
      a ^= low;
      A ^= high;
    }
  }
  if (finish) {
    output[at + 2] = a ^ b ^ c ^ d;
    output[at + 3] = A ^ B ^ C ^ D;
    return;
  }
  state[0] = a;
  state[1] = A;
  state[2] = b;
  state[3] = B;
  state[4] = c;
  state[5] = C;
  state[6] = d;
  state[7] = D;
}
