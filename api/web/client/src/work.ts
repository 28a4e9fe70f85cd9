/** The worker: looks for a nonce, told `[challenge, bits]`, answers with it. */

import { sha256 } from "@noble/hashes/sha2.js";

onmessage = (event: MessageEvent<[string, number]>) => {
  const [challenge, bits] = event.data;
  postMessage(find(challenge, bits));
};

const LONGEST = 16; // decimal digits of the largest whole number
const text = new Uint8Array(LONGEST);

/** Hashes with nothing new made in the loop, which is several times as fast: an old phone has to do it within seconds. */
function find(challenge: string, bits: number): string {
  const prefix = sha256.create().update(new TextEncoder().encode(`${challenge}:`));
  const state = sha256.create();
  const hash = new Uint8Array(32);
  for (let nonce = 0; ; nonce++) {
    prefix._cloneInto(state);
    state.update(decimal(nonce)).digestInto(hash);
    if (zeroBits(hash) >= bits) return String(nonce);
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
