import { expect, test } from "vitest";
import { problemOf } from "./problem.ts";

test("a store that is down says since when, a server that is busy does not blame the store", () => {
  const down = problemOf(503, {
    title: "The store does not answer",
    stale_since: "2026-01-05T12:00:00.000000000Z",
  });
  expect(down.hint).toContain("since 2026-01-05 12:00:00 UTC");
  expect(problemOf(503, { title: "The server is busy" }).hint).not.toContain("store");
});

test("what is no problem document is a problem all the same", () => {
  expect(problemOf(502, null)).toMatchObject({ status: 502, title: "Status 502" });
});
