// node upload.mjs ENDPOINT RECEIPT FILE [CHUNK [LENGTH-LATER]]: upload one file, as a page would, until it is there.
import { createReadStream, statSync } from "node:fs";
import { PassThrough } from "node:stream";
import { Upload } from "tus-js-client";

const [endpoint, receipt, path, chunk, deferred] = process.argv.slice(2);
// Of a file the client knows the length and sends it ahead; of a stream, as of a camera, it learns it at the end.
const source = deferred ? createReadStream(path).pipe(new PassThrough()) : createReadStream(path);
const upload = new Upload(source, {
  endpoint,
  headers: { Authorization: `Receipt ${receipt}` },
  metadata: { filename: path, filetype: "image/jpeg", ...(deferred ? { channel: "live" } : {}) },
  chunkSize: chunk ? Number(chunk) : 1024 * 1024 * 1024,
  uploadLengthDeferred: Boolean(deferred),
  uploadSize: deferred ? undefined : statSync(path).size,
  retryDelays: Array(60).fill(300),
  storeFingerprintForResuming: false,
  onError(error) {
    console.error(String(error).slice(0, 500));
    process.exit(1);
  },
  onSuccess({ lastResponse }) {
    console.log(lastResponse.getHeader("Amparo-Exhibit"));
  },
});
upload.start();
