// Makes the types of the API's client from openapi.json; with --check it fails when they differ.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";

const folder = join(import.meta.dirname, "..");
const target = join(folder, "src/api/schema.d.ts");
const header = "// Made by `just gen` from web/openapi.json. Do not edit.\n\n";

const document = JSON.parse(readFileSync(join(folder, "openapi.json"), "utf8"));
const made = header + astToString(await openapiTS(document, { silent: true }));

if (!process.argv.includes("--check")) {
  writeFileSync(target, made);
} else if (readFileSync(target, "utf8") !== made) {
  console.error("web/src/api/schema.d.ts is not what web/openapi.json makes: run `just gen`");
  process.exit(1);
}
