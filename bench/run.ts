/** Measures Marquee beside its peers: `bun run bench`, or `bun run bench rpc`. See README.md. */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../platform/testing/temporary-folder.ts'
import type { Bench } from './bench.ts'
import {
  measureGrpcUnary,
  measureJsonOverHttp1,
  measureJsonOverHttp2,
} from './cases/get-metadata.ts'
import { measureKafkaToSqlite, measureLogToSqlite } from './cases/ingest.ts'
import { measureMovieDetails } from './cases/movie-details.ts'
import { measureStart } from './cases/start.ts'
import { type Sample, toFigures, toTable } from './figures.ts'
import { findLoad, type RunLoad } from './load.ts'

type Measure = (bench: Bench) => Promise<void>

const rpcCases: Readonly<Record<string, Measure>> = {
  'grpc-unary': measureGrpcUnary,
  'connect-json-h1': measureJsonOverHttp1,
  'connect-json-h2': measureJsonOverHttp2,
  'movie-details': measureMovieDetails,
}
const ingestCases: Readonly<Record<string, Measure>> = {
  'kafka-to-sqlite': measureKafkaToSqlite,
  'log-to-sqlite': measureLogToSqlite,
}
const cases: Readonly<Record<string, Measure>> = {
  ...rpcCases,
  ...ingestCases,
  start: measureStart,
}
const benches: Readonly<Record<string, readonly string[]>> = {
  rpc: Object.keys(rpcCases),
  ingest: Object.keys(ingestCases),
  ...Object.fromEntries(Object.keys(cases).map((name) => [name, [name]])),
}

const roundsDefault = 3
const roundsMax = 100
const exitCodes = { failed: 1, badUsage: 2 }
const usage = `bun run bench [NAME…] [--rounds N] [--json]

  NAME      ${Object.keys(benches).join(', ')}; all unless told
  --rounds  how often each is measured, 1 to ${roundsMax} [${roundsDefault}]
  --json    one object a line instead of a table`

interface Options {
  readonly names: readonly string[]
  readonly rounds: number
  readonly json: boolean
  readonly help: boolean
}

/** Throws an error with a line for people when the arguments cannot be used. */
function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: String(roundsDefault) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const asked = positionals.length > 0 ? positionals : Object.keys(cases)
  const names = asked.flatMap((name) => {
    if (Object.hasOwn(benches, name)) return benches[name] ?? []
    throw new Error(`there is no bench "${name}": give ${Object.keys(benches).join(', ')}`)
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > roundsMax) {
    const text = `--rounds is "${values.rounds}": give a whole number from 1 to ${roundsMax}`
    throw new Error(text)
  }
  return { names: [...new Set(names)], rounds, json: values.json, help: values.help }
}

/** Answers whether every case could be measured; one that fails does not stop the others. */
async function measureAll({ names, rounds, json }: Options, load: RunLoad): Promise<boolean> {
  const samples: Sample[] = []
  let whole = true
  for (const name of names) {
    await using folder = await temporaryFolder()
    const note = (text: string) => console.error(text)
    const report = (sample: Sample) => void samples.push(sample)
    try {
      await cases[name]?.({ rounds, folder: folder.path, load, report, note })
    } catch (error) {
      whole = false
      note(`${name} failed: ${(error as Error).message}`)
    }
  }
  const figures = toFigures(samples)
  if (json) for (const figure of figures) console.log(JSON.stringify(figure))
  else console.log(`\n${machine()}, rounds: ${rounds}\n\n${toTable(figures)}`)
  return whole
}

function machine(): string {
  const [processor] = cpus()
  const runtime = `Bun ${process.versions.bun}`
  return `${cpus().length} cores, ${processor?.model ?? 'unknown'}, ${runtime}`
}

async function main(): Promise<number> {
  let options: Options
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`)
    return exitCodes.badUsage
  }
  if (options.help) {
    console.log(usage)
    return 0
  }
  return (await measureAll(options, loadWhenAsked())) ? 0 : exitCodes.failed
}

/** Without h2load, the cases that ask for load fail, and the others are measured. */
function loadWhenAsked(): RunLoad {
  const load = findLoad()
  if ('value' in load) return load.value
  return async () => {
    throw new Error(load.missing)
  }
}

process.exitCode = await main()
