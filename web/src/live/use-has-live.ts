/** Whether the server has a live feed, and what the header says where it has none. */
import { useEffect } from "react";
import { useAsk } from "../api/asking.ts";
import { liveStatus } from "./status.ts";

const EVERY_MS = 30_000;

/** @returns null until it is known; true where it cannot be asked, so that the socket says why. */
export function useHasLive(): boolean | null {
  const { data, error } = useAsk("/api/system", { every: EVERY_MS });
  const hasLive = data === undefined ? error !== null || null : data.live !== null;
  useEffect(() => {
    if (hasLive === false) {
      liveStatus.set({
        phase: "stored",
        detail: "This server has no live feed: it was started without --transport.",
      });
    }
  }, [hasLive]);
  return hasLive;
}
