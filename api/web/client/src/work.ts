/** The worker: solves the puzzles of a challenge (`api/proof_of_work.py`), told `[challenge, bits]`, answers with it. */

import { sha256 } from "@noble/hashes/sha2.js";

onmessage = (event: MessageEvent<[string, number]>) => {
  const [challenge, bits] = event.data;
  postMessage(Array.from({ length: PUZZLES }, (_, puzzle) => find(`${challenge}:${puzzle}:`, bits)).join("."));
};

const PUZZLES = 16;
const LONGEST = 16; // decimal digits of the largest whole number
const text = new Uint8Array(LONGEST);

/** Hashes with nothing new made in the loop, which is several times as fast: an old phone has to do it within seconds. */
function find(start: string, bits: number): string {
  const prefix = sha256.create().update(new TextEncoder().encode(start));
  const state = sha256.create();
  const hash = new Uint8Array(32);
  for (let number = 0; ; number++) {
    prefix._cloneInto(state);
    state.update(decimal(number)).digestInto(hash);
    if (zeroBits(hash) >= bits) return String(number);
  }
}

/** The digits of a whole number in ASCII; they are overwritten by the next call. */
function decimal(value: number): Uint8Array {
  let at = LONGEST;
  do {
    text[--at] = 48 + (value % 10);
    value = Math.floor(value / 10);
  } while (value);
  return text.subarray(at);
}

/** How many zero bits stand before the first one. */
function zeroBits(hash: Uint8Array): number {
  let count = 0;
  for (const byte of hash) {
    if (byte) return count + Math.clz32(byte) - 24;
    count += 8;
  }
  return count;
}
