/** The page's side of the worker: who wants which topic, and the newest status. */
import { token } from "../api/token.ts";
import type { FromWorker, LiveData, Topic, ToWorker } from "./messages.ts";
import { liveStatus } from "./status.ts";

export type Sink = (data: LiveData) => void;

class Feed {
  readonly #sinks = new Map<number, Sink>();
  #worker: Worker | null = null;
  #next = 1;

  /** Send every event of a topic to a sink, until the answer is called. */
  subscribe(topic: Topic, sink: Sink): () => void {
    const id = this.#next++;
    this.#worker ??= this.#start();
    this.#sinks.set(id, sink);
    this.#post({ op: "subscribe", id, topic });
    return () => {
      this.#sinks.delete(id);
      this.#post({ op: "unsubscribe", id });
    };
  }

  /** Connect anew, with the token that is known now; subscriptions start over with their page. */
  reopen(): void {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#take(data);
    worker.onerror = ({ message }) =>
      liveStatus.set({ phase: "refused", detail: `The decoder stopped: ${message}` });
    const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/market`;
    worker.postMessage({ op: "open", url, token: token.get() } satisfies ToWorker);
    return worker;
  }

  #take(message: FromWorker): void {
    if (message.op === "status") liveStatus.set(message.status);
    else for (const [id, data] of message.items) this.#sinks.get(id)?.(data);
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}

export const feed = new Feed();
