/** The worker: looks for a nonce, told `[challenge, bits]`, answers with it. */

import { sha256 } from "@noble/hashes/sha2.js";

onmessage = (event: MessageEvent<[string, number]>) => {
  const [challenge, bits] = event.data;
  postMessage(find(challenge, bits));
};

function find(challenge: string, bits: number): string {
  const encoder = new TextEncoder();
  const prefix = sha256.create().update(encoder.encode(`${challenge}:`));
  for (let nonce = 0; ; nonce++) {
    const text = String(nonce);
    if (zeroBits(prefix.clone().update(encoder.encode(text)).digest()) >= bits) return text;
  }
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
