/** Typed questions to the REST interface; the types are made from its OpenAPI document. */
import { problemOf } from "./problem.ts";
import type { components, paths } from "./schema.d.ts";
import { refused, token } from "./token.ts";

export type Schemas = components["schemas"];
export type Path = {
  [P in keyof paths]: paths[P] extends { get: unknown } ? P : never;
}[keyof paths];

type Get<P extends Path> = paths[P] extends { get: infer G } ? G : never;
type Part<G, Name extends string> = G extends { parameters: Record<Name, infer Q> } ? Q : never;

export type Answer<P extends Path> =
  Get<P> extends {
    responses: { 200: { content: { "application/json": infer A } } };
  }
    ? A
    : never;
export type Query<P extends Path> = NonNullable<
  Get<P> extends { parameters: { query?: infer Q } } ? Q : never
>;
export type Places<P extends Path> = Part<Get<P>, "path">;

interface Options<P extends Path> {
  readonly query?: Query<P>;
  /** What stands in braces in the path. */
  readonly places?: Places<P>;
  readonly signal?: AbortSignal;
}

/**
 * Ask for something.
 *
 * @throws ApiProblem when the answer is not the data.
 */
export async function ask<P extends Path>(path: P, options: Options<P> = {}): Promise<Answer<P>> {
  const headers = new Headers({ accept: "application/json" });
  const known = token.get();
  if (known !== null) headers.set("authorization", `Bearer ${known}`);
  const response = await fetch(addressOf(path, options.places, options.query), {
    headers,
    credentials: "omit",
    signal: options.signal ?? null,
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.status === 401) refused.set(true);
  if (!isAnswer(response)) throw problemOf(response.status, body);
  return body as Answer<P>;
}

/** A health that is down comes with status 503, and is an answer all the same: no problem document. */
function isAnswer({ ok, status, headers }: Response): boolean {
  const isJson = headers.get("content-type")?.startsWith("application/json") ?? false;
  return ok || (status === 503 && isJson);
}

export function addressOf(path: string, places: unknown, query: unknown): string {
  const filled = entries(places).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(String(value))),
    path,
  );
  const words = new URLSearchParams();
  for (const [name, value] of entries(query)) {
    if (value !== undefined && value !== null) words.set(name, String(value));
  }
  const said = words.toString();
  return said === "" ? filled : `${filled}?${said}`;
}

function entries(fields: unknown): [string, unknown][] {
  return typeof fields === "object" && fields !== null ? Object.entries(fields) : [];
}
