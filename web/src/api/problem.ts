/** An answer that is not the data: RFC 9457's problem document, or what was left of it. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly title: string;
  readonly hint: string;

  constructor(status: number, title: string, detail: string, staleSince: string | null = null) {
    super(detail);
    this.status = status;
    this.title = title;
    this.hint =
      staleSince === null
        ? (HINTS[status] ?? (status >= 500 ? SERVER : REQUEST))
        : `No store has answered since ${shortTime(staleSince)} UTC. It is asked again until it does.`;
  }
}

const SERVER = "The server could not answer. Look at its log and at the System page.";
const REQUEST = "Choose another market or time range.";
const HINTS: Readonly<Record<number, string>> = {
  401: "Give the access token above.",
  403: "This token may not read here. Ask whoever runs the server.",
  404: "Nothing of this name is stored. Choose another market.",
  429: "Too many questions at once. It is asked again shortly.",
  503: "The server has too much to do now. It is asked again shortly.",
};

interface Body {
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly stale_since?: unknown;
}

/** "2026-01-05T12:00:00.000000000Z" to the second. */
function shortTime(text: string): string {
  return text.slice(0, 19).replace("T", " ");
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value : otherwise;
}

export function problemOf(status: number, body: unknown): ApiProblem {
  const said: Body = typeof body === "object" && body !== null ? body : {};
  return new ApiProblem(
    status,
    text(said.title, `Status ${status}`),
    text(said.detail, "No more was said."),
    typeof said.stale_since === "string" ? said.stale_since : null,
  );
}
