import { useCallback, useMemo } from "react";
import type { BookView, LiveData } from "../live/messages.ts";
import { type Instrument, useLive } from "../live/use-live.ts";

/** The newest book, outside React: who draws looks at it once a frame. */
export interface BookStore {
  view: BookView | null;
  /** Why there is no book, in words; null when nothing is wrong. */
  trouble: string | null;
}

export function useBook(instrument: Instrument): BookStore {
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
  useLive("book", instrument, sink);
  return store;
}
