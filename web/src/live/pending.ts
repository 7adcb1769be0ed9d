/** What waits in the worker for the page, at most one message for each drawn frame. */
import type { Book } from "./book.ts";
import type { FromWorker, LiveData } from "./messages.ts";

const EVERY_MS = 33;

export class Pending {
  readonly #post: (message: FromWorker, transfer: ArrayBuffer[]) => void;
  readonly #books = new Map<number, Book>();
  #items: [number, LiveData][] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(post: (message: FromWorker, transfer: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  add(id: number, data: LiveData): void {
    this.#items.push([id, data]);
    this.#later();
  }

  /** Send a book's state at the next turn; what it was in between is never drawn. */
  touch(id: number, book: Book): void {
    this.#books.set(id, book);
    this.#later();
  }

  drop(id: number): void {
    this.#books.delete(id);
    this.#items = this.#items.filter(([of]) => of !== id);
  }

  #later(): void {
    this.#timer ??= setTimeout(() => this.#flush(), EVERY_MS);
  }

  #flush(): void {
    this.#timer = null;
    const items = this.#items;
    for (const [id, book] of this.#books) items.push([id, book.view()]);
    this.#items = [];
    this.#books.clear();
    this.#post(
      { op: "data", items },
      items.flatMap(([, data]) => buffersOf(data)),
    );
  }
}

function buffersOf(data: LiveData): ArrayBuffer[] {
  if (data.kind !== "trades" && data.kind !== "liquidation") return [];
  return [data.time, data.price, data.quantity, data.side, data.ids].map(
    (column) => column.buffer as ArrayBuffer,
  );
}
