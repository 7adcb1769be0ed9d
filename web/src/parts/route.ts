/** The page is in the address: `#/market?exchange=binance&symbol=BTC/USDT` can be shared. */
import { Store, useStore } from "./store.ts";

export type Page = "market" | "quality" | "backtests" | "system";
export const PAGES: readonly Page[] = ["market", "quality", "backtests", "system"];

export interface Route {
  readonly page: Page;
  readonly query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const page = PAGES.find((name) => name === path) ?? "market";
  return { page, query: new URLSearchParams(query) };
}

export function routeText(page: Page, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? `#/${page}` : `#/${page}?${text}`;
}

const route = new Store(parseRoute(location.hash));
addEventListener("hashchange", () => route.set(parseRoute(location.hash)));

export function useRoute(): Route {
  return useStore(route);
}

/** Replace the query without a new entry in the history: a choice is not a step back. */
export function setQuery(query: Readonly<Record<string, string>>): void {
  history.replaceState(null, "", routeText(route.get().page, query));
  route.set(parseRoute(location.hash));
}
