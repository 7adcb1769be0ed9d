/** How long to wait before the next try to connect: longer each time, never in step with others. */

const FIRST_MS = 250;
const LONGEST_MS = 8_000;

export function backoffMs(tries: number, random: () => number = Math.random): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** tries);
  return most / 2 + (random() * most) / 2;
}

/** What a close code of the server means for us: who is refused does not try again. */
export function refusal(code: number): string | null {
  if (code === 4401) return "The server wants an access token.";
  if (code === 4403) return "The server does not take live connections from this page's address.";
  return null;
}
