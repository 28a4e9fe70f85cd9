/** Where the bytes of an upload come from. */

export interface Source {
  /** How many bytes there are in all; null as long as it is still being filmed. */
  readonly length: number | null;
  /** How many bytes there are by now. */
  readonly ready: number;
  /** Whether bytes before what was released can be read again. */
  readonly rereadable: boolean;
  /** At least one and at most `most` bytes from `offset`; waits for them; none at the end. */
  read(offset: number, most: number): Promise<Blob | ArrayBuffer>;
  /** The vault has everything before `offset`. */
  release(offset: number): void;
  /** Whether what comes from `offset` on is still there: a file can be deleted while it is sent. */
  check(offset: number): Promise<boolean>;
}

export function sizeOf(piece: Blob | ArrayBuffer): number {
  return piece instanceof Blob ? piece.size : piece.byteLength;
}

/** A file that was chosen: it stays where it is on the phone, and is read piece by piece. */
export class ChosenFile implements Source {
  readonly rereadable = true;

  constructor(private readonly file: File) {}

  get length(): number {
    return this.file.size;
  }

  get ready(): number {
    return this.file.size;
  }

  read(offset: number, most: number): Promise<Blob> {
    return Promise.resolve(this.file.slice(offset, offset + most));
  }

  release(): void {
    // Nothing of it is held.
  }

  check(offset: number): Promise<boolean> {
    const read = this.file.slice(offset, offset + 1).arrayBuffer();
    return read.then(
      () => true,
      () => false,
    );
  }
}

interface Piece {
  start: number;
  length: number;
  iv: Uint8Array<ArrayBuffer>;
  sealed: Blob;
}

const KEPT = 256 * 1024 * 1024; // bytes of a film: some twenty minutes
const KEY = { name: "AES-GCM", length: 256 };
let key: Promise<CryptoKey> | null = null;
let pieces = 0;

/** A key that no script can read and that ends with the page; made when it is first needed. */
function theKey(): Promise<CryptoKey> {
  key ??= crypto.subtle.generateKey(KEY, false, ["encrypt", "decrypt"]);
  return key;
}

/** From now on nothing that was held can be read. */
export function forgetKey(): void {
  key = Promise.reject(new Error("the page was left"));
  key.catch(() => undefined);
}

/**
 * What this page filmed, held encrypted: a browser that is short of memory may put it on the disk. It is kept until the
 * vault has sealed it, so that it can be sent once more; of a long film the beginning is forgotten when it has arrived.
 */
export class HeldFilm implements Source {
  rereadable = true;
  length: number | null = null;
  ready = 0;
  private held: Piece[] = [];
  private adding: Promise<void> = Promise.resolve();
  private waiting: (() => void)[] = [];

  /** Bytes that follow the ones before. They are forgotten as soon as they are encrypted. */
  add(data: Blob): void {
    this.adding = this.adding.then(async () => {
      if (!data.size) return;
      const iv = new Uint8Array(12);
      new DataView(iv.buffer).setUint32(8, ++pieces); // one key for all, so no number twice
      const sealed = await crypto.subtle.encrypt({ name: KEY.name, iv }, await theKey(), await data.arrayBuffer());
      this.held.push({ start: this.ready, length: data.size, iv, sealed: new Blob([sealed]) });
      this.ready += data.size;
      this.tell();
    });
  }

  /** Nothing follows. */
  async finish(): Promise<void> {
    await this.adding;
    this.length = this.ready;
    this.tell();
  }

  async read(offset: number, most: number): Promise<ArrayBuffer> {
    while (this.length === null && offset >= this.ready) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    for (const piece of this.held) {
      const end = piece.start + piece.length;
      if (end <= offset || size >= most) continue;
      const opened = await crypto.subtle.decrypt({ name: KEY.name, iv: piece.iv }, await theKey(), await piece.sealed.arrayBuffer());
      const part = new Uint8Array(opened).subarray(Math.max(0, offset - piece.start)).subarray(0, most - size);
      parts.push(part);
      size += part.length;
    }
    const joined = new Uint8Array(size);
    size = 0;
    for (const part of parts) {
      joined.set(part, size);
      size += part.length;
    }
    return joined.buffer;
  }

  release(offset: number): void {
    for (let first = this.held[0]; first && first.start + first.length <= offset; first = this.held[0]) {
      if (this.ready - first.start <= KEPT && offset < Infinity) return;
      this.held.shift();
      this.rereadable = false;
    }
  }

  check(): Promise<boolean> {
    return Promise.resolve(true);
  }

  private tell(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
