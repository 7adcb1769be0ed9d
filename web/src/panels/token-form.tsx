import { useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { keepToken, refused } from "../api/token.ts";
import { feed } from "../live/feed.ts";
import { useStore } from "../parts/store.ts";

/** Asks for the token when the server wants one. */
export function TokenForm() {
  const wanted = useStore(refused);
  const client = useQueryClient();
  if (!wanted) return null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = new FormData(event.currentTarget).get("token");
    if (typeof text !== "string" || text === "") return;
    feed.reopen();
    keepToken(text.trim());
    void client.resetQueries();
  };
  return (
    <form className="panel token-form" onSubmit={submit}>
      <label htmlFor="token">This server wants an access token</label>
      <input id="token" name="token" type="password" autoComplete="off" required />
      <button type="submit">Use it</button>
      <p>
        Whoever runs the server makes one with <code>tapeline serve --new-token</code>. It stays in
        this tab.
      </p>
    </form>
  );
}
