/** Upgrades the form of the first page: each file is sent as soon as it is chosen, and the page can film. */

import { Camera, canFilm, type Film } from "./camera.js";
import { Case, type Opening } from "./case.js";
import { isReachable, whenItChanges } from "./connection.js";
import { clearNumbers, showCode, showNumbers } from "./numbers.js";
import { copyOf, part, say, show } from "./parts.js";
import { type Kind, Row } from "./row.js";
import { ChosenFile, forgetKey, type Source } from "./sources.js";
import { askBeforeClosing, stayAwake, whenLeft } from "./staying.js";
import { Refused, Unreadable, Upload, type Watcher } from "./upload.js";
import { size, word } from "./words.js";

const AT_ONCE = 2; // files that are sent at a time, films that are being made aside

interface Transfer {
  row: Row;
  upload: Upload;
  source: Source;
  live: boolean;
  state: "waiting" | "sending" | "paused" | "ended";
  sent: number;
  stop: AbortController;
}

const form = document.getElementById("report") as HTMLFormElement;
const statement = form.elements.namedItem("statement") as HTMLTextAreaElement;
const chooser = document.getElementById("files") as HTMLInputElement;
const ways = copyOf("ways");
const progress = copyOf("progress").firstElementChild as HTMLElement;
const numbers = part(progress, "numbers");
const list = part(progress, "list");
const lost = part(progress, "lost");
const saying = part(progress, "saying");
const closing = part(progress, "closing");
const problem = part(progress, "problem");
const joined = part<HTMLInputElement>(progress, "joined");
const cameraRoot = part(ways, "camera");
const apps = part(ways, "apps");

const transfers: Transfer[] = [];
const left = new AbortController();
let sendingWords = false;

const theCase = new Case(
  {
    trouble: (words) => complain(words ? `${words} ${word("again")}` : ""),
    working: (is) => say(saying, is ? word("work") : ""),
  },
  (number, receipt, code) => {
    showNumbers(numbers, number, receipt);
    showCode(progress, code);
    if (chosen("consent") !== openingConsent) void allow();
    say(saying, openingWords ? `${word("said")} ${word("numbers")}` : word("numbers"));
    if (!camera.filming) numbers.scrollIntoView({ block: "center" });
    if (openingWords) clearWords();
  },
  left.signal,
);

const camera = new Camera(cameraRoot, {
  film: (film) => add(film.source, "video", word("film"), film),
  photo: (source) => add(source, "photo", word("photo")),
  denied: () => show(apps, true),
  filming: (is) => {
    settle();
    if (!is && theCase.exists) numbers.scrollIntoView({ block: "center" });
  },
});

let openingWords = ""; // that go with the opening of the case
let openingConsent = "";

function opening(): Opening {
  openingWords = statement.value.trim();
  openingConsent = chosen("consent");
  return { statement: openingWords, keepPlace: keepsPlace(), consent: openingConsent };
}

function keepsPlace(): boolean {
  return chosen("keep_place") === "yes";
}

/** The value of the option that is chosen. */
function chosen(name: string): string {
  const options = form.elements.namedItem(name);
  return options instanceof RadioNodeList ? options.value : "";
}

function complain(words: string): void {
  say(part(problem, "words"), words);
  show(problem, words !== "");
}

/** Nothing that was sent is shown any more; what was written meanwhile stays. */
function clearWords(): void {
  if (statement.value.trim() === openingWords) statement.value = "";
  openingWords = "";
}

function add(source: Source, kind: Kind, name: string, film?: Film): void {
  const live = film !== undefined;
  const row = new Row(list, kind, name, () => source.length ?? source.ready, {
    pause: () => pause(transfer),
    resume: () => resume(transfer),
    remove: () => remove(transfer),
  });
  const watcher: Watcher = {
    progress: (sent) => {
      transfer.sent = sent;
      row.progress(sent);
      settle();
    },
    arrived: (offset) => film?.arrived(offset),
    sealing: () => row.sealing(),
    trouble: (words) => row.trouble(words),
    working: (is) => row.working(is),
  };
  const metadata: Record<string, string> = { ...(keepsPlace() ? { keep_place: "1" } : {}), ...(live ? { channel: "live" } : {}) };
  const upload = new Upload(source, metadata, watcher);
  const transfer: Transfer = { row, upload, source, live, state: "waiting", sent: 0, stop: new AbortController() };
  transfers.push(transfer);
  show(list, true);
  next();
}

function next(): void {
  for (const transfer of transfers) {
    const busy = transfers.filter((each) => each.state === "sending" && !each.live).length;
    if (transfer.state === "waiting" && (transfer.live || busy < AT_ONCE)) void send(transfer);
  }
  settle();
}

async function send(transfer: Transfer): Promise<void> {
  const { signal } = (transfer.stop = new AbortController());
  transfer.state = "sending";
  let door;
  try {
    door = await theCase.door(opening);
    complain("");
  } catch (error) {
    if (error instanceof Refused) complain(error.words.join(" "));
    if (!signal.aborted) hold(transfer);
    return;
  }
  if (signal.aborted) return; // paused while the case was being opened
  try {
    const number = await transfer.upload.run(door, signal);
    transfer.state = "ended";
    const { confirmed } = transfer.upload;
    transfer.row.kept(number, null, confirmed);
    say(saying, word(confirmed ? "kept" : "unconfirmed", { number }));
    next();
    transfer.row.kept(number, await theCase.card(number).catch(() => null), confirmed);
  } catch (error) {
    if (error instanceof Refused) {
      transfer.state = "ended";
      transfer.row.refused(error.words);
      next();
    } else if (error instanceof Unreadable) {
      transfer.state = "ended";
      transfer.row.refused([word("unreadable")]);
      next();
      await transfer.upload.remove(door, left.signal).catch(() => false);
    } else if (!signal.aborted) {
      hold(transfer);
    }
  }
}

function hold(transfer: Transfer): void {
  transfer.state = "paused";
  transfer.row.paused();
  next();
}

function pause(transfer: Transfer): void {
  transfer.stop.abort();
  hold(transfer);
}

function resume(transfer: Transfer): void {
  transfer.state = "waiting";
  transfer.row.waiting();
  next();
}

function remove(transfer: Transfer): void {
  transfer.row.removing();
  if (transfer.live && transfer.source.length === null) void camera.close();
  void takeBack(transfer).catch(() => undefined);
}

async function takeBack(transfer: Transfer): Promise<void> {
  const all = !theCase.exists || (await transfer.upload.remove(await theCase.door(opening), left.signal));
  transfer.state = "ended";
  transfer.source.release(Infinity);
  transfer.row.removed(all);
  settle();
}

/** Brings everything in line with what is still to be sent. */
function settle(): void {
  const open = transfers.filter((each) => each.state !== "ended");
  const unsent = open.length > 0 || camera.filming || sendingWords;
  const wordsLeft = theCase.exists && statement.value.trim() !== "";
  askBeforeClosing(unsent || wordsLeft);
  stayAwake(unsent);
  show(lost, !isReachable() && unsent);
  const waiting = open.reduce((sum, each) => sum + Math.max(0, each.source.ready - each.sent), 0);
  say(part(lost, "words"), word("lost", { size: size(waiting) }));
  show(closing, theCase.exists);
  show(part(progress, "join"), !theCase.exists && transfers.length === 0);
  say(closing, unsent ? word("staying") : wordsLeft ? word("words") : word("over"));
}

async function sendWords(): Promise<void> {
  const words = statement.value.trim();
  if (!words) {
    complain(theCase.exists || transfers.length ? "" : word("nothing"));
    return;
  }
  if (sendingWords) return;
  sendingWords = true;
  settle();
  try {
    const opened = await theCase.open(opening);
    if (!opened && statement.value.trim() === words) {
      await theCase.add(words);
      openingWords = words;
      clearWords();
      say(saying, word("said"));
    }
    complain("");
  } catch (error) {
    if (error instanceof Refused) complain(error.words.join(" "));
  } finally {
    sendingWords = false;
    settle();
  }
}

/** Another choice of who may have the case, once there is one. */
async function allow(): Promise<void> {
  if (!theCase.exists) return;
  try {
    showCode(progress, await theCase.allow(chosen("consent")));
    complain("");
    say(saying, word("allowed"));
  } catch (error) {
    if (error instanceof Refused) complain(error.words.join(" "));
  }
}

async function join(): Promise<void> {
  try {
    await theCase.join(joined.value);
    joined.value = "";
    complain("");
    say(saying, word("joined", { number: theCase.number }));
  } catch (error) {
    if (error instanceof Refused) complain(error.words.join(" "));
  }
  settle();
}

function kindOf(type: string): Kind {
  const kinds: Record<string, Kind> = { image: "photo", video: "video", audio: "sound" };
  return kinds[type.split("/")[0] ?? ""] ?? "file";
}

function takeFrom(input: HTMLInputElement): void {
  for (const file of input.files ?? []) add(new ChosenFile(file), kindOf(file.type), file.name);
  input.value = "";
}

function wipe(): void {
  left.abort();
  for (const transfer of transfers) {
    transfer.state = "ended";
    transfer.stop.abort();
  }
  theCase.forget();
  forgetKey();
  void camera.close();
  stayAwake(false);
  clearNumbers(numbers);
  showCode(progress, "");
  joined.value = "";
  list.replaceChildren();
  form.reset();
}

part(ways, "film").onclick = () => void camera.film();
part(ways, "look").onclick = () => void camera.look();
show(part(ways, "lens"), canFilm());
show(apps, !canFilm());
for (const input of apps.querySelectorAll("input")) input.onchange = () => takeFrom(input);
chooser.onchange = () => takeFrom(chooser);
for (const option of part(form, "consent").querySelectorAll("input")) option.onchange = () => void allow();
form.onsubmit = (event) => {
  event.preventDefault();
  if (document.activeElement === joined) {
    void join(); // Enter in the field of a receipt
    return;
  }
  takeFrom(chooser);
  void sendWords();
};
part(progress, "use").onclick = () => void join();
statement.oninput = settle;
whenItChanges((reachable) => {
  if (!reachable) for (const each of transfers) if (each.state === "sending") each.row.held();
  settle();
});
whenLeft(wipe);
show(part(form, "unscripted"), false);
part(document, "ways").replaceWith(ways);
part(form, "button").replaceWith(copyOf("button"));
part(form, "progress").replaceWith(progress);
takeFrom(chooser); // what was chosen before the script came
