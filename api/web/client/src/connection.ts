/** Whether the vault can be reached, and asking it for ever until it answers. */

import { type Answer, Cut, exchange, type Request, Stopped } from "./exchange.js";
import { solve } from "./solving.js";

const FIRST_WAIT = 1_000; // milliseconds; doubled from try to try
const LONGEST_WAIT = 30_000;

type Listener = (reachable: boolean) => void;

const sleepers = new Set<() => void>();
const listeners = new Set<Listener>();
let reachable = true;

/** Calls `listener` whenever the vault is lost or found again. */
export function whenItChanges(listener: Listener): void {
  listeners.add(listener);
}

export function isReachable(): boolean {
  return reachable;
}

function note(now: boolean): void {
  if (now === reachable) return;
  reachable = now;
  for (const listener of listeners) listener(now);
  if (now) wake();
}

function wake(): void {
  for (const sleeper of [...sleepers]) sleeper();
}

addEventListener("online", wake);
addEventListener("offline", () => note(false));

/** One request, without a second try; knows afterwards whether there is a connection. Throws Cut or Stopped. */
export async function ask(request: Request): Promise<Answer> {
  try {
    const answer = await exchange(request);
    note(true);
    return answer;
  } catch (error) {
    if (error instanceof Cut) note(false);
    throw error;
  }
}

/** How long to wait: longer from try to try, a little by chance, ended early when the connection is back. */
export class Patience {
  private tries = 0;

  constructor(private readonly signal?: AbortSignal) {}

  reset(): void {
    this.tries = 0;
  }

  /** Throws Stopped when the signal fires. `atLeast`: milliseconds that the vault asked for. */
  wait(atLeast = 0): Promise<void> {
    const most = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries++);
    const span = Math.max(atLeast, most * (0.5 + Math.random() / 2));
    return new Promise((resolve, reject) => {
      const wakes = !reachable;
      const end = (): void => {
        clearTimeout(timer);
        sleepers.delete(end);
        this.signal?.removeEventListener("abort", end);
        if (this.signal?.aborted) reject(new Stopped());
        else resolve();
      };
      const timer = setTimeout(end, span);
      if (wakes) sleepers.add(end);
      this.signal?.addEventListener("abort", end);
      if (this.signal?.aborted) end();
    });
  }
}

/** Whether the vault may answer otherwise when it is asked again. */
export function passing(status: number): boolean {
  return status >= 500 || [408, 409, 423, 429, 460].includes(status);
}

/** Milliseconds of `Retry-After`. */
export function askedWait(answer: Answer): number {
  return Math.min(600, Number(answer.header("Retry-After")) || 0) * 1000;
}

/** What the vault says of an error, in the visitor's language. */
export function titleOf(answer: Answer): string {
  const { title } = answer.json();
  return typeof title === "string" ? title : "";
}

export interface Trouble {
  /** The vault answered that it cannot just now: its own words, or null when that is over. */
  trouble(words: string | null): void;
  /** The phone works out a proof that the vault asked for. */
  working(is: boolean): void;
}

/** The answer to a request, asked again until there is one that lasts. Throws Stopped alone. */
export async function persist(request: Request, told: Trouble): Promise<Answer> {
  const patience = new Patience(request.signal);
  let proof = "";
  for (;;) {
    try {
      const headers = proof ? { ...request.headers, "Amparo-Work": proof } : { ...request.headers };
      proof = "";
      const answer = await ask({ ...request, headers });
      if (!passing(answer.status)) {
        told.trouble(null);
        return answer;
      }
      const { challenge, bits } = answer.json();
      if (typeof challenge === "string" && typeof bits === "number") {
        told.working(true);
        try {
          proof = `${challenge}:${await solve(challenge, bits, request.signal)}`;
        } finally {
          told.working(false);
        }
        continue;
      }
      told.trouble(titleOf(answer));
      await patience.wait(askedWait(answer));
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      await patience.wait();
    }
  }
}
