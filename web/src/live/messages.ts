/** What the page and its worker say to each other. Columns travel as typed arrays, uncopied. */
import type { Status } from "./status.ts";

export type TopicType = "trade" | "book" | "funding" | "liquidation";

export interface Topic {
  readonly type: TopicType;
  readonly exchange: string;
  readonly market: string;
  readonly symbol: string;
}

export type ToWorker =
  | { readonly op: "open"; readonly url: string; readonly token: string | null }
  | { readonly op: "subscribe"; readonly id: number; readonly topic: Topic }
  | { readonly op: "unsubscribe"; readonly id: number };

/** Prices and quantities are whole numbers with so many digits after the point. */
export interface Scales {
  readonly price: number;
  readonly quantity: number;
}

export interface TradeBatch {
  readonly kind: "trades";
  readonly scales: Scales;
  readonly time: BigInt64Array;
  readonly price: BigInt64Array;
  readonly quantity: BigInt64Array;
  readonly side: Uint8Array;
  /** Event ids, 16 bytes a row. */
  readonly ids: Uint8Array;
}

export interface LiquidationBatch extends Omit<TradeBatch, "kind"> {
  readonly kind: "liquidation";
}

export interface FundingBatch {
  readonly kind: "funding";
  readonly scales: Scales;
  /** The latest alone: it is a state. NONE where the venue says nothing. */
  readonly time: bigint;
  readonly rate: bigint;
  readonly mark: bigint;
  readonly index: bigint;
  readonly next: bigint;
}

export interface BookSide {
  /** Best first. */
  readonly prices: readonly bigint[];
  readonly quantities: readonly bigint[];
}

export interface BookView {
  readonly kind: "book";
  readonly isLive: boolean;
  readonly scales: Scales;
  readonly lastUpdateId: bigint;
  readonly asOf: bigint;
  readonly bids: BookSide;
  readonly asks: BookSide;
}

/** So many events were left out at this place, because this page was slow. */
export interface Skipped {
  readonly kind: "skipped";
  readonly count: number;
}

export interface Refused {
  readonly kind: "refused";
  readonly code: string;
  readonly message: string;
}

export type LiveData = TradeBatch | LiquidationBatch | FundingBatch | BookView | Skipped | Refused;

export type FromWorker =
  | { readonly op: "status"; readonly status: Status }
  | { readonly op: "data"; readonly items: readonly (readonly [id: number, data: LiveData])[] };
