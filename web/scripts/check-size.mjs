// Fails the build when all script together, compressed, is more than a first load may be.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT = 500_000;
const folder = join(import.meta.dirname, "../../python/tapeline/api/dashboard/assets");

let total = 0;
for (const name of readdirSync(folder).filter((file) => file.endsWith(".js"))) {
  total += gzipSync(readFileSync(join(folder, name))).length;
}
console.log(`dashboard: ${total} bytes of script after gzip, limit ${LIMIT}`);
if (total > LIMIT) process.exit(1);
