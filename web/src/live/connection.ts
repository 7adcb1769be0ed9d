/** One WebSocket that comes back by itself, with every subscription. Runs in the worker. */
import { backoffMs, refusal } from "./backoff.ts";
import type { Topic } from "./messages.ts";
import type { Phase, Status } from "./status.ts";

const PING_MS = 10_000;
const SILENT_MS = 25_000;

interface Listener {
  status(status: Status): void;
  text(message: string): void;
  bytes(message: ArrayBuffer): void;
  /** The connection is new: what was known of channels and books is not true any more. */
  renewed(): void;
}

export class Connection {
  readonly #url: string;
  readonly #token: string | null;
  readonly #listener: Listener;
  readonly #topics = new Map<number, Topic>();
  #socket: WebSocket | null = null;
  #tries = 0;
  #heard = 0;
  #isEnded = false;

  constructor(url: string, token: string | null, listener: Listener) {
    this.#url = url;
    this.#token = token;
    this.#listener = listener;
    setInterval(() => this.#beat(), PING_MS);
  }

  connect(): void {
    this.#say("connecting", "Connecting to the server.");
    const protocols = this.#token === null ? [] : [`tapeline.token.${this.#token}`, "tapeline.v1"];
    const socket = new WebSocket(this.#url, protocols);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.#message(data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
    this.#socket = socket;
  }

  subscribe(id: number, topic: Topic): void {
    this.#topics.set(id, topic);
    this.#send({ op: "subscribe", id, ...topic, format: "binary" });
  }

  unsubscribe(id: number): void {
    this.#topics.delete(id);
    this.#send({ op: "unsubscribe", id });
  }

  /** Ask for a topic anew: the server begins with a snapshot. */
  renew(id: number): void {
    const topic = this.#topics.get(id);
    if (topic === undefined) return;
    this.unsubscribe(id);
    this.subscribe(id, topic);
  }

  /** Stop for good; a new connection takes over. */
  end(): void {
    this.#isEnded = true;
    this.#socket?.close();
  }

  #opened(): void {
    this.#tries = 0;
    this.#heard = Date.now();
    this.#listener.renewed();
    this.#say("open", "Live data come as they happen.");
    for (const [id, topic] of this.#topics) {
      this.#send({ op: "subscribe", id, ...topic, format: "binary" });
    }
  }

  #message(data: string | ArrayBuffer): void {
    this.#heard = Date.now();
    if (typeof data === "string") this.#listener.text(data);
    else this.#listener.bytes(data);
  }

  #closed(socket: WebSocket, code: number): void {
    if (this.#isEnded || socket !== this.#socket) return;
    this.#socket = null;
    const refused = refusal(code);
    if (refused !== null) {
      this.#say("refused", refused);
      return;
    }
    const wait = backoffMs(this.#tries++);
    this.#say("waiting", "The connection was lost. It is tried again until it is back.");
    setTimeout(() => this.connect(), wait);
  }

  #beat(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - this.#heard > SILENT_MS) this.#abandon(this.#socket);
    else this.#send({ op: "ping" });
  }

  /** A line that is dead may take minutes to say so. */
  #abandon(socket: WebSocket): void {
    socket.close();
    this.#closed(socket, 1006);
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #say(phase: Phase, detail: string): void {
    this.#listener.status({ phase, detail });
  }
}
