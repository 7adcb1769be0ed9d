import { expect, test } from "vitest";
import { backoffMs, refusal } from "./backoff.ts";

test("each wait is up to twice the one before, to a limit", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 20].map((tries) => backoffMs(tries, () => 1));
  expect(longest).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
});

test("pages that lost the same server do not come back in step", () => {
  expect(backoffMs(3, () => 0)).toBe(1000);
  expect(backoffMs(3, () => 0.5)).toBe(1500);
});

test("who is refused does not try again", () => {
  expect([4401, 4403].map(refusal)).not.toContain(null);
  expect([1001, 1006, 4408, 4429].map(refusal)).toEqual([null, null, null, null]);
});
