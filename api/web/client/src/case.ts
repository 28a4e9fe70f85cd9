/** The case that this page sends to: opened when there is something to send, known by its receipt from then on. */

import { persist, type Trouble } from "./connection.js";
import { type Answer, Stopped } from "./exchange.js";
import { type Door, Refused } from "./upload.js";

export interface Opening {
  statement: string;
  keepPlace: boolean;
  consent: string;
}

const UPLOADS = "/uploads";

export class Case {
  number = "";
  private receipt = "";
  private uploads = UPLOADS;
  private opening: Promise<void> | null = null;
  private readonly query: string;

  constructor(
    private readonly told: Trouble,
    private readonly opened: (number: string, receipt: string, code: string) => void,
    private readonly leaving: AbortSignal,
  ) {
    // The answer's language: the one that was chosen for the page.
    this.query = `?lang=${encodeURIComponent(document.documentElement.lang)}`;
  }

  get exists(): boolean {
    return this.receipt !== "";
  }

  /** What opens the way for uploads. Throws Refused or Stopped. */
  async door(first: () => Opening): Promise<Door> {
    await this.open(first);
    return { uploads: this.uploads + this.query, headers: this.headers };
  }

  /** Opens the case if there is none; `first` is asked only then. Whether this call opened it. */
  async open(first: () => Opening): Promise<boolean> {
    if (this.exists) return false;
    const mine = !this.opening;
    this.opening ??= this.create(first()).finally(() => {
      this.opening = null;
    });
    await this.opening;
    return mine;
  }

  /** Goes on with the case of a receipt. Throws Refused or Stopped. */
  async join(receipt: string): Promise<void> {
    const digits = receipt.replace(/\D/g, "");
    const headers = { Authorization: `Receipt ${digits}`, Accept: "application/json" };
    const answer = await this.ask({ method: "GET", path: `/api/receipt${this.query}`, headers, body: null });
    const { case: number } = answer.json();
    if (answer.status !== 200 || typeof number !== "string") throw Refused.by(answer);
    this.number = number;
    this.receipt = digits;
  }

  /** Adds words to the case. Throws Refused or Stopped. */
  async add(statement: string): Promise<void> {
    const body = new FormData();
    body.append("statement", statement);
    const headers = { ...this.headers, Accept: "application/json" };
    const answer = await this.ask({ method: "POST", path: `/report${this.query}`, headers, body });
    if (answer.status >= 300) throw Refused.by(answer);
  }

  /** Changes whom the source lets have the case; the code for one lawyer, or nothing. Throws Refused or Stopped. */
  async allow(consent: string): Promise<string> {
    const headers = { ...this.headers, "Content-Type": "application/json", Accept: "application/json" };
    const answer = await this.ask({ method: "POST", path: `/api/receipt/consent${this.query}`, headers, body: JSON.stringify({ consent }) });
    if (answer.status !== 200) throw Refused.by(answer);
    const { code } = answer.json();
    return typeof code === "string" ? code : "";
  }

  /** The card of one file, as the page for who comes back shows it; null when it cannot be had. */
  async card(number: number): Promise<Element | null> {
    const body = new URLSearchParams({ receipt: this.receipt });
    const headers = { Accept: "text/html" };
    const answer = await this.ask({ method: "POST", path: `/receipt/contents${this.query}`, headers, body, page: true });
    return answer.document?.querySelector(`[data-exhibit="${number}"]`) ?? null;
  }

  forget(): void {
    this.number = this.receipt = "";
  }

  private get headers(): Record<string, string> {
    return { Authorization: `Receipt ${this.receipt}` };
  }

  private async create({ statement, keepPlace, consent }: Opening): Promise<void> {
    const body = JSON.stringify({ ...(statement.trim() ? { statement } : {}), keep_place: keepPlace, consent });
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    const answer = await this.ask({ method: "POST", path: `/api/cases${this.query}`, headers, body });
    const { case: number, receipt, uploads, code } = answer.json();
    if (typeof number !== "string" || typeof receipt !== "string" || typeof uploads !== "string") throw Refused.by(answer);
    if (this.leaving.aborted) throw new Stopped();
    this.number = number;
    this.receipt = receipt.replace(/\D/g, "");
    this.uploads = new URL(uploads, window.location.href).pathname;
    this.opened(number, this.receipt, typeof code === "string" ? code : "");
  }

  private ask(request: { method: string; path: string; headers: Record<string, string>; body: XMLHttpRequestBodyInit | null; page?: boolean }): Promise<Answer> {
    return persist({ ...request, signal: this.leaving }, this.told);
  }
}
