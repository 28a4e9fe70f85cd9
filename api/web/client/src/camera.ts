/** Filming and taking pictures in the page: nothing of it touches the phone's storage. */

import { part, say, show } from "./parts.js";
import { HeldFilm } from "./sources.js";
import { clock, word } from "./words.js";

const SLICE = 1_000; // milliseconds of film that leave the recorder at once
const RATE = 1_500_000; // bits a second of picture: what a weak network can still carry, and a face still be seen in
const TYPES = [
  "video/mp4;codecs=avc1.42E01E,mp4a.40.2", // plays everywhere
  "video/mp4;codecs=avc1.42E01E,opus",
  "video/webm;codecs=vp8,opus",
  "video/webm",
  "video/mp4",
];

/** Also what the compiler's own list does not have: milliseconds between whole pictures, on which a slice of MP4 can begin. */
interface Recording extends MediaRecorderOptions {
  videoKeyFrameIntervalDuration: number;
}

export interface Film {
  source: HeldFilm;
  type: string;
  /** So many bytes are in the vault. */
  arrived(offset: number): void;
}

export interface Sink {
  film(film: Film): void;
  photo(source: HeldFilm): void;
  /** The browser does not let this page use a camera. */
  denied(): void;
  /** Whether the camera films just now. */
  filming(is: boolean): void;
}

export function canFilm(): boolean {
  return "MediaRecorder" in window && !!navigator.mediaDevices && !!window.crypto.subtle;
}

export class Camera {
  private stream: MediaStream | null = null;
  private recorder: MediaRecorder | null = null;
  private ended: Promise<void> = Promise.resolve();
  private facing = "environment";
  private opener: Element | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly sink: Sink,
  ) {
    part(root, "stop").onclick = () => void this.close();
    part(root, "close").onclick = () => void this.close();
    part(root, "shutter").onclick = () => void this.shoot();
    part(root, "turn").onclick = () => void this.turn();
  }

  get filming(): boolean {
    return this.recorder !== null;
  }

  /** Opens the camera and films at once. */
  async film(): Promise<void> {
    if (this.filming || !(await this.open())) return;
    this.record();
    part(this.root, "stop").focus();
  }

  /** Opens the camera for pictures. */
  async look(): Promise<void> {
    if (!this.filming && (await this.open())) part(this.root, "shutter").focus();
  }

  async close(): Promise<void> {
    await this.stop();
    this.release();
    show(this.root, false);
    if (this.opener instanceof HTMLElement) this.opener.focus({ preventScroll: true });
  }

  private async open(): Promise<boolean> {
    this.release();
    if (!this.root.contains(document.activeElement)) this.opener = document.activeElement;
    const video = { facingMode: this.facing, width: { ideal: 1280 }, height: { ideal: 720 } };
    try {
      this.stream = await navigator.mediaDevices
        .getUserMedia({ video, audio: true })
        .catch(() => navigator.mediaDevices.getUserMedia({ video })); // a film without sound is better than none
    } catch {
      say(part(this.root, "sent"), word("denied"));
      this.shown(false, false);
      this.sink.denied();
      return false;
    }
    const preview = part<HTMLVideoElement>(this.root, "preview");
    preview.srcObject = this.stream;
    preview.muted = true;
    void preview.play().catch(() => undefined);
    for (const track of this.stream.getTracks()) track.onended = () => void this.close(); // another program took it
    say(part(this.root, "clock"), "");
    say(part(this.root, "sent"), "");
    this.shown(true, false);
    return true;
  }

  private shown(open: boolean, filming: boolean): void {
    show(this.root, true);
    for (const name of ["preview", "turn"]) show(part(this.root, name), open);
    show(part(this.root, "shutter"), open);
    show(part(this.root, "close"), !filming);
    show(part(this.root, "stop"), filming);
  }

  private record(): void {
    if (!this.stream) return;
    const type = TYPES.find((each) => MediaRecorder.isTypeSupported(each));
    const options: Recording = { videoBitsPerSecond: RATE, videoKeyFrameIntervalDuration: SLICE };
    const recorder = new MediaRecorder(this.stream, { ...options, ...(type ? { mimeType: type } : {}) });
    const source = new HeldFilm();
    const marks: [bytes: number, seconds: number][] = [];
    const began = Date.now();
    let [bytes, second] = [0, 0];
    const paint = (): void => {
      if (this.recorder === recorder) say(part(this.root, "clock"), clock((Date.now() - began) / 1000));
      say(part(this.root, "sent"), second ? word("until", { time: clock(second) }) : word("unsent"));
    };
    recorder.ondataavailable = (event) => {
      bytes += event.data.size;
      marks.push([bytes, (Date.now() - began) / 1000]);
      source.add(event.data);
      paint();
    };
    const ticking = setInterval(paint, SLICE / 2);
    this.ended = new Promise((resolve) => {
      recorder.onstop = () => {
        clearInterval(ticking);
        void source.finish().then(resolve);
      };
    });
    recorder.onerror = () => void this.close();
    this.recorder = recorder;
    recorder.start(SLICE);
    this.shown(true, true);
    this.sink.filming(true);
    paint();
    this.sink.film({
      source,
      type: recorder.mimeType || "video/webm",
      arrived: (offset) => {
        for (let first = marks[0]; first && first[0] <= offset; first = marks[0]) {
          second = first[1];
          marks.shift();
        }
        paint();
      },
    });
  }

  private async stop(): Promise<void> {
    const { recorder } = this;
    if (!recorder) return;
    this.recorder = null;
    if (recorder.state !== "inactive") recorder.stop();
    await this.ended;
    this.sink.filming(false);
  }

  /** The other camera. A recorder ends when its camera changes, so what follows is another film. */
  private async turn(): Promise<void> {
    const { filming } = this;
    await this.stop();
    this.facing = this.facing === "user" ? "environment" : "user";
    if ((await this.open()) && filming) this.record();
  }

  private async shoot(): Promise<void> {
    const preview = part<HTMLVideoElement>(this.root, "preview");
    while (!preview.videoWidth) await new Promise((resolve) => preview.addEventListener("loadeddata", resolve, { once: true }));
    const canvas = document.createElement("canvas");
    canvas.width = preview.videoWidth;
    canvas.height = preview.videoHeight;
    canvas.getContext("2d")?.drawImage(preview, 0, 0);
    const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
    canvas.width = canvas.height = 0;
    if (!picture) return;
    const source = new HeldFilm();
    source.add(picture);
    await source.finish();
    say(part(this.root, "clock"), word("taken"));
    this.sink.photo(source);
  }

  private release(): void {
    for (const track of this.stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.stream = null;
    part<HTMLVideoElement>(this.root, "preview").srcObject = null;
  }
}
