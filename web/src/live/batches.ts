/** From a frame to what the page keeps: columns of their own, so that the message can go. */
import { type Frame, NONE } from "./frames.ts";
import type { LiveData, Scales } from "./messages.ts";

export function batchOf(frame: Frame): LiveData | null {
  const { kind, priceScale, quantityScale } = frame.header;
  const scales = { price: priceScale, quantity: quantityScale };
  if (kind === "funding") return latestFunding(frame, scales);
  if (kind !== "trades" && kind !== "liquidation") return null;
  const { time_ns, price, quantity } = frame.numbers;
  const { side, event_id } = frame.bytes;
  if (!(time_ns && price && quantity && side && event_id)) return null;
  return {
    kind,
    scales,
    time: time_ns.slice(),
    price: price.slice(),
    quantity: quantity.slice(),
    side: side.slice(),
    ids: event_id.slice(),
  };
}

function latestFunding({ numbers }: Frame, scales: Scales): LiveData {
  const last = (name: string): bigint => numbers[name]?.at(-1) ?? NONE;
  return {
    kind: "funding",
    scales,
    time: last("time_ns"),
    rate: last("rate"),
    mark: last("mark_price"),
    index: last("index_price"),
    next: last("next_funding_ns"),
  };
}
