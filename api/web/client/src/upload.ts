/**
 * One resumable upload (tus 1.0: creation, creation-defer-length, termination), tried until it is there.
 *
 * Our own, and not tus-js-client: that is larger than the rest of the page's script, which has to be small, and it waits
 * for a chunk of known size where a film must leave the phone every second. The address of an upload is a secret that
 * lives in this module's memory alone.
 */

import { ask, askedWait, passing, Patience, persist, titleOf, type Trouble } from "./connection.js";
import { type Answer, Cut, Stopped } from "./exchange.js";
import { type Source, sizeOf } from "./sources.js";

const SMALLEST = 64 * 1024; // bytes in one request
const LARGEST = 32 * 1024 * 1024;
const SPAN = 10_000; // milliseconds that one request should take
const SEALING = 20 * 60_000; // milliseconds that sealing a long film may take
const RESTARTS = 3;

/** The vault will not have it: `words` say why and what to do, in the visitor's language; empty where it sent none. */
export class Refused extends Error {
  constructor(readonly words: readonly string[]) {
    super();
  }

  static by(answer: Answer): Refused {
    const { title, detail } = answer.json();
    return new Refused([title, detail].filter((text): text is string => typeof text === "string"));
  }
}

/** The file is not on the phone any more, or was changed. */
export class Unreadable extends Error {}

export interface Watcher extends Trouble {
  /** So many bytes are in the vault or on their way. */
  progress(sent: number): void;
  /** So many bytes are in the vault. */
  arrived(offset: number): void;
  /** All bytes are there; the vault seals them. */
  sealing(): void;
}

export interface Door {
  /** Where uploads are made: a path. */
  uploads: string;
  /** Headers that open it. */
  headers: Record<string, string>;
}

/** For what goes on when the row has said its last word. */
const QUIET: Trouble = { trouble: () => undefined, working: () => undefined };

const TUS = { "Tus-Resumable": "1.0.0" };

export class Upload {
  private address = "";
  private deferred = false;
  private offset = 0;
  private size = 4 * SMALLEST;
  private restarts = 0;
  /** Once it is sealed: whether the public log shows it already. */
  confirmed = false;

  constructor(
    private readonly source: Source,
    private readonly metadata: Record<string, string>,
    private readonly watcher: Watcher,
  ) {}

  /** Sends until the vault has sealed it; the exhibit's number. Can be called again after it threw Stopped. */
  async run(door: Door, signal: AbortSignal): Promise<number> {
    const patience = new Patience(signal);
    let number = this.address ? await this.resume(door, signal) : null;
    while (number === null) {
      if (!this.address) await this.create(door, signal);
      try {
        const answer = await this.append(door, signal);
        if (answer.status < 300) {
          const before = this.offset;
          number = this.taken(answer);
          if (number === null && this.offset === before) await patience.wait();
          else patience.reset();
          continue;
        }
        this.judge(answer);
        if (answer.status >= 500) this.watcher.trouble(titleOf(answer));
        await patience.wait(askedWait(answer));
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
        if (!(await this.source.check(this.offset))) throw new Unreadable();
        this.size = Math.max(SMALLEST, Math.round(this.size / 4)); // it may have been too much for the network
        await patience.wait();
      }
      if (this.address) number = await this.resume(door, signal);
    }
    this.address = "";
    this.source.release(Infinity);
    return number;
  }

  /** Takes back what has arrived; whether nothing of it is kept. Throws Stopped. */
  async remove(door: Door, signal: AbortSignal): Promise<boolean> {
    if (!this.address) return true;
    const request = { method: "DELETE", path: this.address, headers: { ...TUS, ...door.headers }, signal };
    const answer = await persist(request, QUIET);
    return answer.status < 300 || answer.status === 404;
  }

  private async create(door: Door, signal: AbortSignal): Promise<void> {
    const { length } = this.source;
    const metadata = Object.entries(this.metadata).map(([name, value]) => `${name} ${btoa(value)}`);
    const headers = {
      ...TUS,
      ...door.headers,
      ...(length === null ? { "Upload-Defer-Length": "1" } : { "Upload-Length": String(length) }),
      ...(metadata.length ? { "Upload-Metadata": metadata.join(",") } : {}),
    };
    const answer = await persist({ method: "POST", path: door.uploads, headers, signal }, this.watcher);
    const location = answer.header("Location");
    if (answer.status !== 201 || !location) throw Refused.by(answer);
    this.address = new URL(location, window.location.href).pathname;
    this.deferred = length === null;
    this.offset = 0;
  }

  private async append(door: Door, signal: AbortSignal): Promise<Answer> {
    const piece = await stoppable(this.source.read(this.offset, this.size), signal);
    const { length } = this.source;
    const last = length === this.offset + sizeOf(piece);
    const headers: Record<string, string> = {
      ...TUS,
      ...door.headers,
      "Upload-Offset": String(this.offset),
      "Content-Type": "application/offset+octet-stream",
    };
    if (last && this.deferred) headers["Upload-Length"] = String(length);
    const began = Date.now();
    const answer = await ask({
      method: "PATCH",
      path: this.address,
      headers,
      body: piece,
      signal,
      progress: (sent) => {
        this.watcher.progress(this.offset + sent);
        if (last && sent >= sizeOf(piece)) this.watcher.sealing();
      },
      ...(last ? { patience: SEALING } : {}),
    });
    if (!last) this.adapt(sizeOf(piece), Date.now() - began);
    return answer;
  }

  /** Asks what has arrived; the exhibit's number if it is sealed already. */
  private async resume(door: Door, signal: AbortSignal): Promise<number | null> {
    const request = { method: "HEAD", path: this.address, headers: { ...TUS, ...door.headers }, signal };
    const answer = await persist(request, this.watcher);
    if (answer.status >= 300) {
      this.judge(answer);
      return null;
    }
    return this.taken(answer);
  }

  private taken(answer: Answer): number | null {
    const offset = Number(answer.header("Upload-Offset"));
    this.watcher.trouble(null);
    if (Number.isSafeInteger(offset) && offset >= 0) this.offset = offset;
    this.source.release(this.offset);
    this.watcher.progress(this.offset);
    this.watcher.arrived(this.offset);
    this.confirmed = answer.header("Amparo-Confirmed") !== "no";
    const exhibit = Number(answer.header("Amparo-Exhibit"));
    return exhibit > 0 ? exhibit : null;
  }

  /** Throws Refused unless there is a way to go on. */
  private judge(answer: Answer): void {
    if (passing(answer.status)) return;
    const gone = answer.status === 404 || answer.status === 410;
    if (!gone || !this.source.rereadable || ++this.restarts > RESTARTS) throw Refused.by(answer);
    this.address = ""; // its time ran out; what had arrived is evidence already: once more from the start
  }

  private adapt(bytes: number, milliseconds: number): void {
    const fitting = (bytes / Math.max(1, milliseconds)) * SPAN;
    this.size = Math.round(Math.min(LARGEST, Math.max(SMALLEST, Math.min(fitting, this.size * 4))));
  }
}

function stoppable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Stopped());
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
