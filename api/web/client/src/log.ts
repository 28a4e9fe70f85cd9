/** The page about the custody log: checks a proof, and draws the chain of custody of events that the visitor has. */

import { check, commitment, parseCheckpoint, parseProof, Refused } from "./proof.js";

const WIDTH = 256; // entries in a full bundle (c2sp.org/tlog-tiles)
const ENTRY = 34; // bytes of one of ours in a bundle: a length of two bytes, and a hash

interface Logged {
  readonly event: string;
  readonly proof: string;
}

interface CustodyEvent {
  readonly type: string;
  readonly time: string;
  readonly actor: { readonly role: string; readonly id: string };
  readonly exhibit?: string;
  readonly purpose?: string;
}

const element = <E extends HTMLElement>(id: string): E => {
  const found = document.getElementById(id);
  if (!found) throw new Error(id);
  return found as E;
};
const vkey = element<HTMLInputElement>("vkey");
const index = element<HTMLInputElement>("index");

index.addEventListener("input", () => {
  element<HTMLAnchorElement>("take").href = `/log/proof/${Number(index.value)}`;
});

element("prove").addEventListener("submit", (asked) => {
  asked.preventDefault();
  void told("proved", async () => {
    const proof = parseProof(await (await got(`/log/proof/${Number(index.value)}`)).text());
    if (proof.index !== Number(index.value)) throw new Refused("the proof is of another entry");
    const head = parseCheckpoint(proof.note);
    const entry = await fetchEntry(proof.index, head.size);
    await check(proof, entry, vkey.value);
    return `Good: entry ${proof.index} is in the log of ${head.size} entries that this key signed.`;
  });
});

element<HTMLInputElement>("events").addEventListener("change", (chosen) => {
  const [file] = (chosen.target as HTMLInputElement).files ?? [];
  if (file) void told("checked", async () => draw(await file.text()));
});

async function fetchEntry(place: number, size: number): Promise<Uint8Array> {
  const bundle = Math.floor(place / WIDTH);
  const width = Math.min(WIDTH, size - bundle * WIDTH);
  const answer = await got(`/log/tile/entries/${tilePath(bundle)}${width < WIDTH ? `.p/${width}` : ""}`);
  const start = (place % WIDTH) * ENTRY;
  return new Uint8Array(await answer.arrayBuffer()).slice(start + 2, start + ENTRY);
}

function tilePath(tile: number): string {
  const digits = String(tile).padStart(Math.ceil(String(tile).length / 3) * 3, "0");
  const groups = digits.match(/.{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
}

async function draw(text: string): Promise<string> {
  const timeline = element("timeline");
  timeline.replaceChildren();
  const logged = eventsOf(text);
  let wrong = 0;
  let last = -1;
  for (const each of logged) {
    let fault = "";
    try {
      const proof = parseProof(each.proof);
      if (proof.index <= last) throw new Refused("out of order");
      last = proof.index;
      await check(proof, await commitment(each.event), vkey.value);
    } catch (error) {
      fault = sentence(error);
      wrong += 1;
    }
    timeline.append(itemOf(JSON.parse(each.event) as CustodyEvent, fault));
  }
  if (wrong) throw new Refused(`${wrong} of ${logged.length} events are not proved`);
  return `Good: all ${logged.length} events are in the log that this key signed.`;
}

function eventsOf(text: string): readonly Logged[] {
  try {
    const { format, events } = JSON.parse(text) as { format: string; events: Logged[] };
    if (format.startsWith("amparo/") && events.every((each) => typeof each.event === "string" && typeof each.proof === "string")) return events;
  } catch {
    // told below
  }
  throw new Refused("this is no events.json of an opened bundle");
}

function itemOf(event: CustodyEvent, fault: string): HTMLElement {
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.dateTime = event.time;
  time.textContent = event.time.replace("T", " ").replace("Z", " UTC");
  const who = `${event.actor.role} ${event.actor.id}`;
  const about = [event.type.replace(".", " "), event.exhibit ? `exhibit ${event.exhibit.slice(0, 8)}…` : "", `by ${who}`, event.purpose ?? "", fault];
  item.append(time, about.filter(Boolean).join(", "));
  item.classList.toggle("bad", fault !== "");
  return item;
}

async function got(path: string): Promise<Response> {
  const answer = await fetch(path, { cache: "no-store", credentials: "omit", redirect: "error" });
  if (!answer.ok) throw new Refused("the log has no such entry, or the vault does not answer; load this page again");
  return answer;
}

/** Say how it went; never more than our own words. */
async function told(where: string, work: () => Promise<string>): Promise<void> {
  const place = element(where);
  place.className = "";
  place.textContent = "Checking…";
  try {
    place.textContent = await work();
    place.className = "good";
  } catch (error) {
    place.textContent = `Not proved: ${sentence(error)}.`;
    place.className = "bad";
  }
}

function sentence(error: unknown): string {
  return error instanceof Refused ? error.message : "it could not be read";
}

