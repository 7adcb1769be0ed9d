import { expect, test } from "vitest";
import type { Schemas } from "../api/client.ts";
import { nameOf, spanOf } from "./timeline.tsx";

function stream(fields: Partial<Schemas["StreamCoverage"]>): Schemas["StreamCoverage"] {
  return {
    exchange: "binance",
    market: "spot",
    symbol: "BTC/USDT",
    raw_symbol: "BTCUSDT",
    type: "trade",
    channel: "trade",
    loss: "proven",
    first_ns: 100,
    last_ns: 200,
    gaps: 0,
    missing_ids: 0,
    lost_connections: 0,
    unsynced: 0,
    restarts: 0,
    quarantined: 0,
    holes: [],
    holes_total: 0,
    ...fields,
  };
}

test("the axis holds every stream and every hole", () => {
  const hole = {
    kind: "gap",
    proof: "proven_gap",
    start_ns: 50,
    end_ns: null,
    first_id: 1,
    last_id: 2,
    reason: "ids 1 to 2 never came",
  };
  expect(spanOf([stream({}), stream({ last_ns: 900 }), stream({ holes: [hole] })])).toEqual({
    start: 50,
    end: 900,
  });
});

test("without any time there still is an axis", () => {
  expect(spanOf([stream({ first_ns: null, last_ns: null })])).toEqual({ start: 0, end: 1 });
});

test("streams of one symbol are told apart by type and channel", () => {
  expect(nameOf(stream({}))).not.toBe(nameOf(stream({ channel: "aggTrade" })));
});
