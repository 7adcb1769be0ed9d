/** Text messages of the server, checked before they are believed. */
import type { DataMessage } from "./json-frames.ts";
import type { Status } from "./status.ts";

export type Control =
  | { readonly op: "subscribed"; readonly id: number; readonly channel: number }
  | { readonly op: "skipped"; readonly channel: number; readonly count: number }
  | { readonly op: "status"; readonly status: Status }
  | {
      readonly op: "error";
      readonly id: number | null;
      readonly code: string;
      readonly message: string;
    }
  | { readonly op: "data"; readonly data: DataMessage };

type Fields = Readonly<Record<string, unknown>>;

/** @returns null for what this page has no use for, such as `pong`. */
export function controlOf(text: string): Control | null {
  const said: unknown = JSON.parse(text);
  if (typeof said !== "object" || said === null) return null;
  const fields = said as Fields;
  const read = READERS[String(fields.op)];
  return read?.(fields) ?? null;
}

const READERS: Readonly<Record<string, (fields: Fields) => Control | null>> = {
  subscribed: ({ id, channel }) =>
    typeof id === "number" && typeof channel === "number"
      ? { op: "subscribed", id, channel }
      : null,
  skipped: ({ channel, skipped }) =>
    typeof channel === "number" && typeof skipped === "number"
      ? { op: "skipped", channel, count: skipped }
      : null,
  error: ({ id, code, message }) => ({
    op: "error",
    id: typeof id === "number" ? id : null,
    code: String(code),
    message: String(message),
  }),
  status: ({ status, reason }) => ({ op: "status", status: feedStatus(status, reason) }),
  data: (fields) =>
    typeof fields.channel === "number" && typeof fields.kind === "string"
      ? { op: "data", data: fields as unknown as DataMessage }
      : null,
};

function feedStatus(status: unknown, reason: unknown): Status {
  if (status === "live") return { phase: "open", detail: "Live data come as they happen." };
  return { phase: "stale", detail: `The server's own source is away: ${String(reason)}` };
}
