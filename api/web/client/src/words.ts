/** The words of the page, made by the server in the visitor's language, and numbers in that language's manner. */

const locale = document.documentElement.lang;
const said = (document.getElementById("words") as HTMLElement | null)?.dataset ?? {};

/** The sentence of this name, with what stands in braces filled in. */
export function word(name: string, values: Record<string, string | number> = {}): string {
  return (said[name] ?? "").replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ""));
}

function unit(value: number, name: string, digits: number): string {
  try {
    const options = { style: "unit", unit: name, maximumFractionDigits: digits } as const;
    return new Intl.NumberFormat(locale, options).format(value);
  } catch {
    return `${value.toFixed(digits)} ${name}`; // browsers from before 2020 know no units
  }
}

const SIZES: readonly (readonly [number, string])[] = [
  [1e9, "gigabyte"],
  [1e6, "megabyte"],
  [1e3, "kilobyte"],
];

export function size(bytes: number): string {
  const [count, name] = SIZES.find(([least]) => bytes >= least) ?? [1e3, "kilobyte"];
  return unit(bytes / count, name, name === "kilobyte" ? 0 : 1);
}

export function span(seconds: number): string {
  if (seconds < 90) return unit(Math.max(1, Math.round(seconds)), "second", 0);
  if (seconds < 5400) return unit(Math.round(seconds / 60), "minute", 0);
  return unit(seconds / 3600, "hour", 1);
}

/** A clock that counts up: 1:05. */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
