/** Case number and receipt on the page, and the question whether they are on paper. */

import { part, say, show } from "./parts.js";
import { word } from "./words.js";

const GROUPS = [0, 4, 8, 12] as const;

export function showNumbers(root: HTMLElement, number: string, receipt: string): void {
  say(part(root, "case"), number);
  const groups = GROUPS.map((start) => receipt.slice(start, start + 4));
  part(root, "receipt").replaceChildren(...groups.flatMap((group, place) => [...(place ? [" "] : []), spanOf(group)]));
  const typed = part<HTMLInputElement>(root, "typed");
  typed.oninput = () => {
    const digits = typed.value.replace(/\D/g, "");
    // Told where it differs as soon as a group is whole; nothing is said of a group that is being typed.
    const wrong = GROUPS.findIndex((start, place) => digits.length >= start + 4 && digits.slice(start, start + 4) !== groups[place]);
    const right = digits === receipt;
    const tooLong = digits.length > receipt.length;
    say(part(root, "check"), right ? word("right") : wrong >= 0 ? word("wrong", { group: wrong + 1 }) : tooLong ? word("long") : "");
    root.classList.toggle("checked", right);
  };
  show(root, true);
}

/** The code for one lawyer, or none. */
export function showCode(root: HTMLElement, code: string): void {
  say(part(root, "code"), code);
  show(part(root, "lawyer"), code !== "");
}

/** Nothing of the two numbers is left on the page. */
export function clearNumbers(root: HTMLElement): void {
  show(root, false);
  part<HTMLInputElement>(root, "typed").value = "";
  for (const name of ["case", "receipt", "check"]) part(root, name).replaceChildren();
}

function spanOf(text: string): HTMLElement {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}
