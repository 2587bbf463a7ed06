/** Measures Marquee and its peers: `bun run bench`, or `bun run bench rpc`. See README.md. */
import { cpus } from 'node:os'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type Bench, ownName } from './bench.ts'
import { measureFanOut } from './cases/fan-out.ts'
import {
  measureGrpcUnary,
  measureJsonOverHttp1,
  measureJsonOverHttp2,
} from './cases/get-metadata.ts'
import { measureIdleConnections } from './cases/idle-connections.ts'
import { measureKafkaToSqlite, measureLogToSqlite } from './cases/ingest.ts'
import { measureGrpcMebibyte, measureGrpcStream } from './cases/large-calls.ts'
import { measureLists } from './cases/lists.ts'
import { measureMovieDetails } from './cases/movie-details.ts'
import { measureOverload } from './cases/overload.ts'
import { measurePage } from './cases/page.ts'
import { measurePeriodLists } from './cases/period-lists.ts'
import { measureRouting } from './cases/routing.ts'
import { measureStart } from './cases/start.ts'
import { measureTracing } from './cases/tracing.ts'
import { measureViewers } from './cases/viewers.ts'
import { measureWorkers } from './cases/workers.ts'
import { type Sample, toFigures, toTable } from './figures.ts'
import { type Flood, findFlood } from './flood.ts'
import { type Options, readOptions, roundsMax } from './options.ts'
import { peerNames } from './peers.ts'
import { type Pinning, pin } from './pinning.ts'
import { toTargetLines } from './targets.ts'

type Measure = (bench: Bench) => Promise<void>

const rpcCases: Readonly<Record<string, Measure>> = {
  'grpc-unary': measureGrpcUnary,
  'connect-json-h1': measureJsonOverHttp1,
  'connect-json-h2': measureJsonOverHttp2,
  'grpc-stream': measureGrpcStream,
  'grpc-1mib': measureGrpcMebibyte,
  'movie-details': measureMovieDetails,
  'idle-connections': measureIdleConnections,
  tracing: measureTracing,
  workers: measureWorkers,
}
const ingestCases: Readonly<Record<string, Measure>> = {
  'kafka-to-sqlite': measureKafkaToSqlite,
  'log-to-sqlite': measureLogToSqlite,
}
const cases: Readonly<Record<string, Measure>> = {
  ...rpcCases,
  ...ingestCases,
  overload: measureOverload,
  start: measureStart,
  page: measurePage,
  viewers: measureViewers,
  'fan-out': measureFanOut,
  routing: measureRouting,
  lists: measureLists,
  'period-lists': measurePeriodLists,
}
const benches: Readonly<Record<string, readonly string[]>> = {
  rpc: Object.keys(rpcCases),
  ingest: Object.keys(ingestCases),
  ...Object.fromEntries(Object.keys(cases).map((name) => [name, [name]])),
}

/** Default number of rounds, for cases of calls and for the others. */
const roundsDefault = { rpc: 5, other: 3 }
const exitCodes = { failed: 1, badUsage: 2 }
const usage = `bun run bench [NAME…] [--rounds N] [--peers NAME,…] [--pin] [--json]

  NAME      ${Object.keys(benches).join(', ')} [all]
  --rounds  number of runs of each case, 1 to ${roundsMax} [${roundsDefault.rpc}; ${roundsDefault.other} outside rpc]
  --peers   peers to measure beside ${ownName}: ${peerNames.join(', ')} [all]
  --pin     measured servers on one core, load and all else on another [as the system schedules]
  --json    one JSON object per line instead of a table`

/** Returns whether every case was measured. A case that fails does not stop the others. */
async function measureAll(options: Options, flood: Flood): Promise<boolean> {
  const { names, rounds, peers, json } = options
  const pinning = options.pin ? pin() : undefined
  const samples: Sample[] = []
  let isComplete = true
  const log = (text: string) => console.error(text)
  const report = (sample: Sample) => void samples.push(sample)
  const isSelected = (name: string) => name === ownName || (peers?.has(name) ?? true)
  for (const name of names) {
    await using folder = await temporaryFolder()
    const usual = Object.hasOwn(rpcCases, name) ? roundsDefault.rpc : roundsDefault.other
    const fail = (peerName: string, thrown: unknown) => {
      isComplete = false
      log(`${name}: ${peerName} failed: ${(thrown as Error).message}`)
    }
    const of = { rounds: rounds ?? usual, folder: folder.path, pinning }
    try {
      await cases[name]?.({ ...of, isSelected, flood, report, log, fail })
    } catch (error) {
      fail('all', error)
    }
  }
  const figures = toFigures(samples)
  if (json) for (const figure of figures) console.log(JSON.stringify(figure))
  else {
    console.log(`\n${machine(pinning)}\n\n${toTable(figures)}`)
    const lines = toTargetLines(figures)
    if (lines.length > 0) console.log(`\ntargets\n\n${lines.join('\n')}`)
  }
  return isComplete
}

function machine(pinning: Pinning | undefined): string {
  const [processor] = cpus()
  const runtime = `Bun ${process.versions.bun}`
  const cores = pinning ? ', servers and load on a core each' : ''
  return `${cpus().length} cores, ${processor?.model ?? 'unknown'}, ${runtime}${cores}`
}

async function main(): Promise<number> {
  let options: Options
  try {
    options = readOptions(process.argv.slice(2), benches, peerNames)
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`)
    return exitCodes.badUsage
  }
  if (options.help) {
    console.log(usage)
    return 0
  }
  return (await measureAll(options, openFlood())) ? 0 : exitCodes.failed
}

/**
 * Returns the flood. Without h2load, it rejects: cases that need it fail, and the others are
 * measured.
 */
function openFlood(): Flood {
  const flood = findFlood()
  if ('value' in flood) return flood.value
  return async () => {
    throw new Error(flood.missing)
  }
}

process.exitCode = await main()
