/** Parts of the page, found by their `data-part`. A page without one of them is a mistake of ours, so it is an error. */

export function part<T extends HTMLElement = HTMLElement>(within: ParentNode, name: string): T {
  const found = within.querySelector<T>(`[data-part="${name}"]`);
  if (!found) throw new Error(`the page has no part ${name}`);
  return found;
}

/** A copy of what the template with this id holds. */
export function copyOf(template: string): DocumentFragment {
  const found = document.getElementById(template);
  if (!(found instanceof HTMLTemplateElement)) throw new Error(`the page has no template ${template}`);
  return document.importNode(found.content, true);
}

export function show(element: HTMLElement, shown: boolean): void {
  element.hidden = !shown;
}

/** Says it to the eye, and to who listens to the page (the part is a live region). */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
