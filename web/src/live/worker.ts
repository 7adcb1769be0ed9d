/** The live socket, in a thread of its own: what reaches the page is decoded and put together. */
import { batchOf } from "./batches.ts";
import { Book } from "./book.ts";
import { Connection } from "./connection.ts";
import { type Control, controlOf } from "./control.ts";
import { decode, type Frame } from "./frames.ts";
import { type DataMessage, fromJson } from "./json-frames.ts";
import type { FromWorker, Refused, ToWorker } from "./messages.ts";
import { Pending } from "./pending.ts";

/** What of a worker's global scope is used here; its own library of types excludes the page's. */
declare const self: {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, options: { transfer: ArrayBuffer[] }): void;
};

const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void =>
  self.postMessage(message, { transfer });
const pending = new Pending(post);
/** Subscription by channel; the server says it anew on each connection. */
const ids = new Map<number, number>();
const books = new Map<number, Book>();
let connection: Connection | null = null;

const TOO_WIDE: Refused = {
  kind: "refused",
  code: "too_wide",
  message: "Numbers of this book need more than 64 bits. /api/orderbook has it as text.",
};

self.onmessage = ({ data }: MessageEvent<ToWorker>): void => {
  if (data.op === "open") open(data.url, data.token);
  else if (data.op === "subscribe") connection?.subscribe(data.id, data.topic);
  else unsubscribe(data.id);
};

function open(url: string, token: string | null): void {
  connection?.end();
  connection = new Connection(url, token, {
    status: (status) => post({ op: "status", status }),
    text: control,
    bytes: (message) => decode(message).forEach(frame),
    renewed: () => {
      ids.clear();
      books.clear();
    },
  });
  connection.connect();
}

function unsubscribe(id: number): void {
  connection?.unsubscribe(id);
  pending.drop(id);
  books.delete(id);
}

function frame(one: Frame): void {
  const id = ids.get(one.header.channel);
  if (id === undefined) return;
  if (one.header.kind === "book_snapshot" || one.header.kind === "book_update") book(id, one);
  else {
    const batch = batchOf(one);
    if (batch !== null) pending.add(id, batch);
  }
}

function book(id: number, one: Frame): void {
  const known = books.get(id) ?? new Book();
  books.set(id, known);
  if (!known.apply(one)) connection?.renew(id);
  pending.touch(id, known);
}

function control(text: string): void {
  const message: Control | null = controlOf(text);
  if (message === null) return;
  if (message.op === "subscribed") ids.set(message.channel, message.id);
  else if (message.op === "status") post({ op: "status", status: message.status });
  else if (message.op === "skipped") to(message.channel, { kind: "skipped", count: message.count });
  else if (message.op === "error" && message.id !== null) {
    pending.add(message.id, { kind: "refused", code: message.code, message: message.message });
  } else if (message.op === "data") data(message.data);
}

function data(message: DataMessage): void {
  if (message.kind.startsWith("book")) to(message.channel, TOO_WIDE);
  for (const item of fromJson(message)) to(message.channel, item);
}

function to(channel: number, item: Parameters<Pending["add"]>[1]): void {
  const id = ids.get(channel);
  if (id !== undefined) pending.add(id, item);
}
