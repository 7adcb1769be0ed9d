/** How the connection to `/ws/market` stands. */
import { Store } from "../parts/store.ts";

export type Phase = "idle" | "stored" | "connecting" | "open" | "stale" | "waiting" | "refused";

export interface Status {
  readonly phase: Phase;
  /** One sentence for people: why, and what happens next. */
  readonly detail: string;
}

export const liveStatus = new Store<Status>({ phase: "idle", detail: "Nothing is subscribed." });
