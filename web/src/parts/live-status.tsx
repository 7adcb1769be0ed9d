/** Whether the live socket is connected, in words and not by colour alone. */
import { liveStatus } from "../live/status.ts";
import { useStore } from "./store.ts";

const WORDS = {
  idle: "no live data",
  connecting: "connecting",
  open: "live",
  stale: "source away",
  waiting: "reconnecting",
  refused: "refused",
} as const;

export function LiveStatus() {
  const status = useStore(liveStatus);
  return (
    <span className={`live live-${status.phase}`} role="status" title={status.detail}>
      <span className="dot" aria-hidden="true" />
      {WORDS[status.phase]}
    </span>
  );
}
