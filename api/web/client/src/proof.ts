/** Proofs of the log (c2sp.org/tlog-proof, RFC 6962), checked with what the browser has: SHA-256 and Ed25519. */

export interface Proof {
  readonly index: number;
  readonly path: readonly Uint8Array[];
  readonly note: string;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** What is wrong, in words for the page. */
export class Refused extends Error {}

const HEAD = "c2sp.org/tlog-proof@v1";

export function parseProof(text: string): Proof {
  const gap = text.indexOf("\n\n");
  const [head, ...lines] = text.slice(0, gap).split("\n");
  if (gap < 0 || head !== HEAD) throw new Refused("this is no proof of a log");
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const first = lines.shift();
  if (!first?.startsWith("index ")) throw new Refused("this is no proof of a log");
  return { index: whole(first.slice(6)), path: lines.map(bytes), note: text.slice(gap + 2) };
}

export function parseCheckpoint(note: string): Checkpoint {
  const [origin, size, root] = textOf(note).split("\n");
  if (!origin || size === undefined || root === undefined) throw new Refused("this is no checkpoint");
  return { origin, size: whole(size), root: bytes(root) };
}

/** Throws unless `entry` is where the proof says, in the log that the key signed. */
export async function check(proof: Proof, entry: Uint8Array, vkey: string): Promise<Checkpoint> {
  const head = parseCheckpoint(proof.note);
  const root = await rootOf(await hash(0, entry), proof.index, head.size, proof.path);
  if (!same(root, head.root)) throw new Refused("the proof does not lead to the root of the checkpoint");
  await verifySigned(proof.note, vkey);
  return head;
}

/** The root that an audit path leads to (RFC 9162, section 2.1.3.2). */
async function rootOf(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Promise<Uint8Array> {
  if (index >= size) throw new Refused("the log is shorter than that");
  let at = index;
  let last = size - 1;
  let node = leaf;
  for (const sibling of path) {
    if (last === 0) throw new Refused("the proof is too long");
    if (at % 2 === 1 || at === last) {
      node = await hash(1, sibling, node);
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2);
        last = Math.floor(last / 2);
      }
    } else {
      node = await hash(1, node, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Refused("the proof is too short");
  return node;
}

/** Throws unless the note has a good Ed25519 signature by the key (c2sp.org/signed-note). */
async function verifySigned(note: string, vkey: string): Promise<void> {
  const [name, id, ...rest] = vkey.trim().split("+");
  const material = bytes(rest.join("+"));
  if (!name || !id || material[0] !== 1 || material.length !== 33) throw new Refused("that is not the verifier key of a log");
  const named = new TextEncoder().encode(`${name}\n`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", join(named, material)));
  const keyId = digest.slice(0, 4);
  if (hex(keyId) !== id) throw new Refused("the verifier key is misspelt");
  const text = textOf(note);
  const line = note
    .slice(text.length + 1)
    .split("\n")
    .map((each) => each.split(" "))
    .find((words) => words[1] === name && words[2] !== undefined && same(bytes(words[2]).slice(0, 4), keyId));
  if (line?.[2] === undefined) throw new Refused("the log with this key did not sign the checkpoint");
  const key = await importKey(material.slice(1));
  const good = await crypto.subtle.verify("Ed25519", key, buffer(bytes(line[2]).slice(4)), new TextEncoder().encode(text));
  if (!good) throw new Refused("the signature on the checkpoint is wrong");
}

async function importKey(raw: Uint8Array): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("raw", buffer(raw), "Ed25519", false, ["verify"]);
  } catch {
    throw new Refused("this browser is too old to check Ed25519 signatures; take the proof along instead");
  }
}

/** The text of a note, with its last line feed. */
function textOf(note: string): string {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0) throw new Refused("this is no signed checkpoint");
  return note.slice(0, gap + 1);
}

export async function hash(prefix: number, ...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(Uint8Array.of(prefix), ...parts)));
}

export async function commitment(event: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(event)));
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function buffer(data: Uint8Array): Uint8Array<ArrayBuffer> {
  return join(data);
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytes(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    throw new Refused("a hash or signature is misspelt");
  }
}

function whole(text: string): number {
  const value = Number(text);
  if (!/^(0|[1-9][0-9]*)$/.test(text) || !Number.isSafeInteger(value)) throw new Refused("a number is misspelt");
  return value;
}
