/** A subscription for as long as a component is shown. */
import { useEffect } from "react";
import { token } from "../api/token.ts";
import { useStore } from "../parts/store.ts";
import { feed, type Sink } from "./feed.ts";
import type { Topic, TopicType } from "./messages.ts";

export type Instrument = Omit<Topic, "type">;

/**
 * @param sink must be the same function until the instrument changes.
 * @param isWanted false where the server has no live feed.
 */
export function useLive(
  type: TopicType,
  instrument: Instrument,
  sink: Sink,
  isWanted: boolean,
): void {
  const { exchange, market, symbol } = instrument;
  const known = useStore(token);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another token is another connection.
  useEffect(
    () => (isWanted ? feed.subscribe({ type, exchange, market, symbol }, sink) : undefined),
    [type, exchange, market, symbol, sink, known, isWanted],
  );
}

/** Call a function once a drawn frame, as long as the component is shown. */
export function useFrames(draw: () => void): void {
  useEffect(() => {
    let next = requestAnimationFrame(function again() {
      draw();
      next = requestAnimationFrame(again);
    });
    return () => cancelAnimationFrame(next);
  }, [draw]);
}
