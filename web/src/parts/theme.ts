/** Light or dark: what the system prefers, until somebody chooses. */
import { Store } from "./store.ts";

export type Theme = "light" | "dark";

const KEY = "tapeline.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme | null {
  const said = localStorage.getItem(KEY);
  return said === "light" || said === "dark" ? said : null;
}

export const theme = new Store<Theme>(wanted());

function wanted(): Theme {
  return chosen() ?? (system.matches ? "dark" : "light");
}

function apply(): void {
  // The attribute first: charts read their colours from the style when the store tells them.
  document.documentElement.dataset.theme = wanted();
  theme.set(wanted());
}

export function followTheme(): void {
  apply();
  system.addEventListener("change", apply);
}

export function toggleTheme(): void {
  localStorage.setItem(KEY, theme.get() === "dark" ? "light" : "dark");
  apply();
}

/** A colour of the style sheet, by the name of its custom property. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
