/** The access token of a server that is not on loopback: kept for this tab, never in an address. */
import { Store } from "../parts/store.ts";

const KEY = "tapeline.token";

export const token = new Store<string | null>(sessionStorage.getItem(KEY));
/** True when the server refused us: the form for the token is then shown. */
export const refused = new Store(false);

export function keepToken(text: string): void {
  sessionStorage.setItem(KEY, text);
  token.set(text);
  refused.set(false);
}
