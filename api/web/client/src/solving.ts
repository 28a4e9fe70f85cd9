/** Proofs of work, found by a worker so that the page goes on answering. */

import { Cut, Stopped } from "./exchange.js";

const WORKER = "/static/work.js";

interface Policy {
  createScriptURL(text: string): string;
}
declare global {
  interface Window {
    /** Not in every browser, nor in the compiler's own list. */
    trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(text: string): string }): Policy };
  }
}

// The one address that the page's policy lets become a script.
const policy = window.trustedTypes?.createPolicy("work", { createScriptURL: () => WORKER });

/** The solution of a challenge: decimal numbers with dots between them (`api/proof_of_work.py`). Throws Cut or Stopped. */
export function solve(challenge: string, bits: number, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(policy ? policy.createScriptURL("") : WORKER);
    const end = (): void => {
      worker.terminate();
      signal?.removeEventListener("abort", stop);
    };
    const stop = (): void => {
      end();
      reject(new Stopped());
    };
    worker.onmessage = (event: MessageEvent<string>) => {
      end();
      resolve(event.data);
    };
    worker.onerror = () => {
      end();
      reject(new Cut()); // its script did not come
    };
    signal?.addEventListener("abort", stop);
    worker.postMessage([challenge, bits]);
  });
}
