/** One request to the vault. XMLHttpRequest, because `fetch` does not tell how much of a body was sent. */

/** No answer came: there is no connection, or it hangs. */
export class Cut extends Error {}

/** We ended the request ourselves. */
export class Stopped extends Error {}

export interface Answer {
  status: number;
  header(name: string): string | null;
  /** The problem document of an error (RFC 9457), or whatever else JSON came; `{}` where none did. */
  json(): Record<string, unknown>;
  document: Document | null;
}

export interface Request {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: XMLHttpRequestBodyInit | null;
  signal?: AbortSignal;
  /** Wants the answer as a page. */
  page?: boolean;
  /** Told how many bytes of the body left the browser. */
  progress?(sent: number): void;
  /** Milliseconds to wait for the answer when all is sent. */
  patience?: number;
}

const SILENCE = 60_000; // milliseconds without progress after which a connection counts as dead
const LOOK = 5_000;

export function exchange(request: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    let heard = Date.now();
    let patience = SILENCE;
    const look = setInterval(() => {
      if (Date.now() - heard > patience) end(new Cut());
    }, LOOK);
    const stop = (): void => end(new Stopped());
    const finish = (): void => {
      clearInterval(look);
      request.signal?.removeEventListener("abort", stop);
    };
    const end = (error: Error): void => {
      finish();
      xhr.onload = xhr.onerror = xhr.onabort = null;
      xhr.abort();
      reject(error);
    };
    xhr.onload = () => {
      finish();
      resolve(answerOf(xhr));
    };
    xhr.onerror = xhr.onabort = () => end(new Cut());
    if (request.body) {
      // A listener more than needed would cost nothing here: the address is our own, there is no preflight.
      xhr.upload.onprogress = (event) => {
        heard = Date.now();
        request.progress?.(event.loaded);
      };
      xhr.upload.onload = () => {
        heard = Date.now();
        patience = request.patience ?? SILENCE;
      };
    } else {
      patience = request.patience ?? SILENCE;
    }
    if (request.signal?.aborted) {
      stop();
      return;
    }
    request.signal?.addEventListener("abort", stop);
    xhr.open(request.method, request.path);
    for (const [name, value] of Object.entries(request.headers ?? {})) xhr.setRequestHeader(name, value);
    if (request.page) xhr.responseType = "document";
    xhr.send(request.body ?? null);
  });
}

function answerOf(xhr: XMLHttpRequest): Answer {
  const page = xhr.responseType === "document";
  return {
    status: xhr.status,
    header: (name) => xhr.getResponseHeader(name),
    json: () => {
      if (page) return {};
      try {
        const value: unknown = JSON.parse(xhr.responseText);
        return typeof value === "object" && value !== null ? { ...value } : {};
      } catch {
        return {};
      }
    },
    document: page ? xhr.responseXML : null,
  };
}
