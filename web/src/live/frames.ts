/**
 * The binary layout of the live socket, read without a copy: docs/live-socket.md.
 *
 * A message holds frames, a frame a header of 32 bytes and columns that are typed arrays over the
 * message. `tests/vectors/live_frames.json` says what must come out.
 */

export const NONE = -(2n ** 63n);
export const HEADER_BYTES = 32;
const MAGIC = 0x54;
const VERSION = 1;
const NOT_LIVE = 1;

export const KINDS = {
  1: "trades",
  2: "book_snapshot",
  3: "book_update",
  4: "bbo",
  5: "funding",
  6: "liquidation",
} as const;
export type Kind = (typeof KINDS)[keyof typeof KINDS];

export type Fault = "short_header" | "bad_magic" | "bad_version" | "unknown_kind" | "bad_length";

export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`not a frame of the live socket: ${fault}`);
    this.fault = fault;
  }
}

export interface Header {
  readonly kind: Kind;
  readonly isLive: boolean;
  /** Bytes, header included. */
  readonly length: number;
  readonly channel: number;
  readonly sequence: number;
  readonly rows: number;
  /** Digits after the point. */
  readonly priceScale: number;
  readonly quantityScale: number;
  /** Unix UTC nanoseconds. */
  readonly asOf: bigint;
}

type ColumnType = "i64" | "u8" | "id";
const WIDTH: Readonly<Record<ColumnType, number>> = { i64: 8, u8: 1, id: 16 };

interface Layout {
  /** 64-bit numbers that a frame has once. */
  readonly head: readonly string[];
  readonly columns: readonly (readonly [string, ColumnType])[];
}

const BOOK: Layout = {
  head: ["last_update_id", "time_ns"],
  columns: [
    ["price", "i64"],
    ["quantity", "i64"],
    ["book_side", "u8"],
  ],
};

const LAYOUTS: Readonly<Record<Kind, Layout>> = {
  trades: {
    head: [],
    columns: [
      ["time_ns", "i64"],
      ["received_ns", "i64"],
      ["price", "i64"],
      ["quantity", "i64"],
      ["event_id", "id"],
      ["side", "u8"],
      ["quality", "u8"],
    ],
  },
  book_snapshot: BOOK,
  book_update: BOOK,
  bbo: {
    head: [],
    columns: ["time_ns", "bid_price", "bid_quantity", "ask_price", "ask_quantity"].map(
      (name) => [name, "i64"] as const,
    ),
  },
  funding: {
    head: [],
    columns: [
      "time_ns",
      "received_ns",
      "rate",
      "mark_price",
      "index_price",
      "interval_ns",
      "next_funding_ns",
    ].map((name) => [name, "i64"] as const),
  },
  liquidation: {
    head: [],
    columns: [
      ["time_ns", "i64"],
      ["received_ns", "i64"],
      ["price", "i64"],
      ["average_price", "i64"],
      ["quantity", "i64"],
      ["event_id", "id"],
      ["side", "u8"],
      ["quality", "u8"],
    ],
  },
};

export interface Frame {
  readonly header: Header;
  readonly head: Readonly<Record<string, bigint>>;
  readonly numbers: Readonly<Record<string, BigInt64Array>>;
  /** Sides and grades: one byte a row; event ids: 16. */
  readonly bytes: Readonly<Record<string, Uint8Array>>;
}

/**
 * Read every frame of a message.
 *
 * @throws FrameError when the bytes are not frames of this version.
 */
export function decode(message: ArrayBuffer): Frame[] {
  const frames: Frame[] = [];
  const view = new DataView(message);
  for (let at = 0; at < message.byteLength; ) {
    const frame = frameAt(view, at);
    frames.push(frame);
    at += frame.header.length;
  }
  return frames;
}

function frameAt(view: DataView, at: number): Frame {
  const header = headerAt(view, at);
  const layout = LAYOUTS[header.kind];
  if (header.length !== HEADER_BYTES + columnBytes(layout, header.rows)) {
    throw new FrameError("bad_length");
  }
  let next = at + HEADER_BYTES;
  const head: Record<string, bigint> = {};
  for (const name of layout.head) {
    head[name] = view.getBigInt64(next, true);
    next += 8;
  }
  const numbers: Record<string, BigInt64Array> = {};
  const bytes: Record<string, Uint8Array> = {};
  for (const [name, type] of layout.columns) {
    if (type === "i64")
      numbers[name] = new BigInt64Array(view.buffer as ArrayBuffer, next, header.rows);
    else bytes[name] = new Uint8Array(view.buffer, next, header.rows * WIDTH[type]);
    next += padded(header.rows * WIDTH[type]);
  }
  return { header, head, numbers, bytes };
}

function headerAt(view: DataView, at: number): Header {
  const left = view.byteLength - at;
  if (left < HEADER_BYTES) throw new FrameError("short_header");
  if (view.getUint8(at) !== MAGIC) throw new FrameError("bad_magic");
  if (view.getUint8(at + 1) !== VERSION) throw new FrameError("bad_version");
  const kind = KINDS[view.getUint8(at + 2) as keyof typeof KINDS];
  if (kind === undefined) throw new FrameError("unknown_kind");
  const length = view.getUint32(at + 4, true);
  if (length < HEADER_BYTES || length > left || length % 8 !== 0) {
    throw new FrameError("bad_length");
  }
  return {
    kind,
    isLive: (view.getUint8(at + 3) & NOT_LIVE) === 0,
    length,
    channel: view.getUint32(at + 8, true),
    sequence: view.getUint32(at + 12, true),
    rows: view.getUint32(at + 16, true),
    priceScale: view.getInt8(at + 20),
    quantityScale: view.getInt8(at + 21),
    asOf: view.getBigInt64(at + 24, true),
  };
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function columnBytes(layout: Layout, rows: number): number {
  let total = layout.head.length * 8;
  for (const [, type] of layout.columns) total += padded(rows * WIDTH[type]);
  return total;
}
