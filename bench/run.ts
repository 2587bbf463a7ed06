/** Measures Marquee beside its peers: `bun run bench`, or `bun run bench rpc`. See README.md. */
import { cpus } from 'node:os'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type Bench, ownName } from './bench.ts'
import {
  measureGrpcUnary,
  measureJsonOverHttp1,
  measureJsonOverHttp2,
} from './cases/get-metadata.ts'
import { measureIdleConnections } from './cases/idle-connections.ts'
import { measureKafkaToSqlite, measureLogToSqlite } from './cases/ingest.ts'
import { measureGrpcMebibyte, measureGrpcStream } from './cases/large-calls.ts'
import { measureMovieDetails } from './cases/movie-details.ts'
import { measureOverload } from './cases/overload.ts'
import { measurePage } from './cases/page.ts'
import { measureStart } from './cases/start.ts'
import { measureViewers } from './cases/viewers.ts'
import { type Sample, toFigures, toTable } from './figures.ts'
import { type Flood, findFlood } from './flood.ts'
import { type Options, readOptions, roundsMax } from './options.ts'
import { peerNames } from './peers.ts'
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
}
const benches: Readonly<Record<string, readonly string[]>> = {
  rpc: Object.keys(rpcCases),
  ingest: Object.keys(ingestCases),
  ...Object.fromEntries(Object.keys(cases).map((name) => [name, [name]])),
}

/** Rounds of the cases of calls, and of the others. */
const roundsDefault = { rpc: 5, other: 3 }
const exitCodes = { failed: 1, badUsage: 2 }
const usage = `bun run bench [NAME…] [--rounds N] [--peers NAME,…] [--json]

  NAME      ${Object.keys(benches).join(', ')}; all unless told
  --rounds  how often each is measured, 1 to ${roundsMax} [${roundsDefault.rpc}; ${roundsDefault.other} outside rpc]
  --peers   whom to measure beside ${ownName}, of ${peerNames.join(', ')}; all unless told
  --json    one object a line instead of a table`

/** Answers whether every case could be measured; one that fails does not stop the others. */
async function measureAll({ names, rounds, peers, json }: Options, flood: Flood): Promise<boolean> {
  const samples: Sample[] = []
  let whole = true
  const note = (text: string) => console.error(text)
  const report = (sample: Sample) => void samples.push(sample)
  const wants = (name: string) => name === ownName || (peers?.has(name) ?? true)
  for (const name of names) {
    await using folder = await temporaryFolder()
    const usual = Object.hasOwn(rpcCases, name) ? roundsDefault.rpc : roundsDefault.other
    const fail = (peerName: string, thrown: unknown) => {
      whole = false
      note(`${name}: ${peerName} failed: ${(thrown as Error).message}`)
    }
    const of = { rounds: rounds ?? usual, folder: folder.path }
    try {
      await cases[name]?.({ ...of, wants, flood, report, note, fail })
    } catch (error) {
      fail('all', error)
    }
  }
  const figures = toFigures(samples)
  if (json) for (const figure of figures) console.log(JSON.stringify(figure))
  else {
    console.log(`\n${machine()}\n\n${toTable(figures)}`)
    const lines = toTargetLines(figures)
    if (lines.length > 0) console.log(`\ntargets\n\n${lines.join('\n')}`)
  }
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
    options = readOptions(process.argv.slice(2), benches, peerNames)
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`)
    return exitCodes.badUsage
  }
  if (options.help) {
    console.log(usage)
    return 0
  }
  return (await measureAll(options, floodWhenAsked())) ? 0 : exitCodes.failed
}

/** Without h2load, the cases that ask for load fail, and the others are measured. */
function floodWhenAsked(): Flood {
  const flood = findFlood()
  if ('value' in flood) return flood.value
  return async () => {
    throw new Error(flood.missing)
  }
}

process.exitCode = await main()
