/** One file in the list: how far it is, what it waits for, what became of it. */

import { copyOf, part, say, show } from "./parts.js";
import type { Watcher } from "./upload.js";
import { size, span, word } from "./words.js";

export type Kind = "photo" | "video" | "sound" | "file";

const MEMORY = 8_000; // milliseconds over which the rate is averaged
const PAINT = 250;

export class Row implements Watcher {
  readonly element: HTMLElement;
  private readonly bar: HTMLProgressElement;
  private readonly state: HTMLElement;
  private readonly warning: HTMLElement;
  private samples: [number, number][] = [];
  private painted = 0;

  constructor(
    list: HTMLElement,
    kind: Kind,
    name: string,
    private readonly total: () => number,
    actions: { pause(): void; resume(): void; remove(): void },
  ) {
    const copy = copyOf("row");
    this.element = copy.firstElementChild as HTMLElement;
    this.bar = part<HTMLProgressElement>(copy, "bar");
    this.state = part(copy, "state");
    this.warning = part(copy, "trouble");
    show(part(copy, kind), true);
    say(part(copy, "name"), name);
    this.bar.setAttribute("aria-label", name);
    for (const action of ["pause", "resume", "remove"] as const) part(copy, action).onclick = actions[action];
    list.append(copy);
    this.waiting();
  }

  progress(sent: number): void {
    const now = Date.now();
    this.samples = this.samples.filter(([time]) => now - time < MEMORY);
    this.samples.push([now, sent]);
    if (now - this.painted < PAINT) return;
    this.painted = now;
    const total = this.total();
    this.bar.max = Math.max(1, total);
    this.bar.value = sent;
    const left = Math.max(0, total - sent);
    const [time, before] = this.samples[0] ?? [now, sent];
    const rate = ((sent - before) * 1000) / Math.max(1, now - time);
    const amount = word("left", { left: size(left), size: size(total) });
    say(this.state, rate > 0 ? `${amount} · ${word("rate", { rate: size(rate), time: span(left / rate) })}` : amount);
  }

  arrived(): void {
    // Nothing to show: bytes that left count as sent until the connection is cut.
  }

  sealing(): void {
    this.bar.value = this.bar.max;
    say(this.state, word("sealing"));
    this.buttons();
  }

  trouble(words: string | null): void {
    say(part(this.warning, "words"), words ? `${words} ${word("again")}` : "");
    show(this.warning, !!words);
  }

  working(is: boolean): void {
    if (is) say(this.state, word("work"));
  }

  waiting(): void {
    say(this.state, `${size(this.total())} · ${word("waiting")}`);
    this.buttons("pause");
  }

  /** It waits for the connection. */
  held(): void {
    this.samples = [];
    say(this.state, word("held", { left: size(Math.max(0, this.total() - this.bar.value)) }));
  }

  paused(): void {
    this.trouble(null);
    say(this.state, word("paused"));
    this.buttons("resume", "remove");
  }

  removing(): void {
    this.end(word("removing"));
  }

  /** `all`: nothing of it is in the vault. */
  removed(all: boolean): void {
    this.end(word(all ? "removed" : "late"));
  }

  /** It was not kept: what the vault said of it. */
  refused(words: readonly string[]): void {
    this.end(word("refused"));
    say(part(this.warning, "words"), words.join(" ") || word("gone"));
    show(this.warning, true);
  }

  /** It is kept: the card with what was taken out, as the vault's own page shows it. */
  kept(number: number, card: Element | null, confirmed: boolean): void {
    if (card) this.element.replaceChildren(...card.children);
    else this.end(word("kept", { number }));
    if (!confirmed) {
      const note = document.createElement("p");
      note.className = "warning";
      say(note, word("unconfirmed"));
      this.element.append(note);
    }
    this.element.dataset["exhibit"] = String(number);
  }

  private end(words: string): void {
    show(this.bar, false);
    this.trouble(null);
    say(this.state, words);
    this.buttons();
  }

  private buttons(...shown: string[]): void {
    for (const name of ["pause", "resume", "remove"]) show(part(this.element, name), shown.includes(name));
  }
}
