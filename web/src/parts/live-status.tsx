/** Whether the live socket is connected, in words; nothing on a page that does not need it. */
import { liveStatus } from "../live/status.ts";
import { useStore } from "./store.ts";

const WORDS = {
  idle: "",
  stored: "stored data alone",
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
      {status.phase === "idle" ? null : <span className="dot" aria-hidden="true" />}
      {WORDS[status.phase]}
    </span>
  );
}
