import { useCallback, useEffect, useMemo } from "react";
import { useAsk } from "../api/asking.ts";
import type { BookView, LiveData } from "../live/messages.ts";
import { bookOf } from "../live/stored-book.ts";
import { type Instrument, useLive } from "../live/use-live.ts";

const LEVELS = 200;
const EVERY_MS = 5_000;

/** The newest book, outside React: who draws looks at it once a frame. */
export interface BookStore {
  view: BookView | null;
  /** Why there is no book, in words; null when nothing is wrong. */
  trouble: string | null;
}

/** @param isLive false where the server has no live feed: then the stored book is shown. */
export function useBook(instrument: Instrument, isLive: boolean): BookStore {
  const store = useMemo<BookStore>(() => ({ view: null, trouble: null }), []);
  const sink = useCallback(
    (data: LiveData) => {
      if (data.kind === "book") {
        store.view = data;
        store.trouble = null;
      } else if (data.kind === "refused") {
        store.trouble = data.message;
      }
    },
    [store],
  );
  useLive("book", instrument, sink, isLive);
  useStoredBook(instrument, store, !isLive);
  return store;
}

function useStoredBook(
  { exchange, market, symbol }: Instrument,
  store: BookStore,
  isWanted: boolean,
): void {
  const { data, error } = useAsk("/api/orderbook", {
    query: { exchange, market, symbol, levels: LEVELS },
    every: EVERY_MS,
    enabled: isWanted,
  });
  useEffect(() => {
    if (!isWanted) return;
    if (data !== undefined) {
      store.view = bookOf(data.data);
      store.trouble = store.view.isLive
        ? null
        : `The stored book is not live: ${data.data.reason}.`;
    } else if (error !== null) {
      store.trouble = error.message;
    }
  }, [store, data, error, isWanted]);
}
