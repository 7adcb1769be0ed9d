import type { Schemas } from "../api/client.ts";
import { routeText } from "./route.ts";

const WORDS = { true: "complete", false: "incomplete", null: "completeness not known" } as const;
const DOTS = { true: "good", false: "bad", null: "doubt" } as const;

/** How complete an answer is: every answer of the server says it. */
export function CoverageNote({ coverage }: { readonly coverage: Schemas["CoverageSummary"] }) {
  const key = `${coverage.is_complete}` as const;
  return (
    <a className="live" href={routeText("quality")} title={coverage.summary}>
      <span className={`dot dot-${DOTS[key]}`} aria-hidden="true" />
      {WORDS[key]}
    </a>
  );
}
