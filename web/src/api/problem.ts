/** An answer that is not the data: RFC 9457's problem document, or what was left of it. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly title: string;
  readonly hint: string;

  constructor(status: number, title: string, detail: string) {
    super(detail);
    this.status = status;
    this.title = title;
    this.hint = HINTS[status] ?? (status >= 500 ? SERVER : REQUEST);
  }
}

const SERVER = "The server could not answer. Look at its log and at the System page.";
const REQUEST = "Choose another market or time range.";
const HINTS: Readonly<Record<number, string>> = {
  401: "Give the access token above.",
  403: "This token may not read here. Ask whoever runs the server.",
  404: "Nothing of this name is stored. Choose another market.",
  429: "Too many questions at once. It is asked again shortly.",
  503: "The store is down. What is shown may be old; it is asked again until it answers.",
};

interface Body {
  readonly title?: unknown;
  readonly detail?: unknown;
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
  );
}
