/**
 * Shows where the time of a call goes: `bun run profile grpc-unary`. The service runs with Bun's
 * profiler, which samples its JavaScript; the other threads are read from `/proc`.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { DescMessage } from '@bufbuild/protobuf'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { MetadataService } from '../gen/metadata/v1/metadata_pb.ts'
import { runCommand } from '../scripts/command.ts'
import { type Candidate, startNeeded } from './bench.ts'
import { type Call, callOnce, prepareLoad } from './calls.ts'
import { grpcMebibyte, grpcStream } from './cases/large-calls.ts'
import { movieDetails, startUpstreams, upstreamFlags } from './cases/movie-details.ts'
import { loadCatalogue, movieId } from './catalogue.ts'
import { threadTimesMs } from './cpu.ts'
import { type CpuProfile, sharesOf, stacksOf, toFolded } from './cpu-profile.ts'
import { type Flood, findFlood } from './flood.ts'
import type { Load } from './load.ts'
import { marqueeProfiled } from './peers.ts'
import { connectJson, grpc, type Wire } from './wire.ts'

const help = `bun run profile CASE [--folded FILE]

  CASE      grpc-unary, connect-json-h1, connect-json-h2, grpc-stream, grpc-1mib or movie-details,
            as in \`bun run bench\`
  --folded  writes the stacks for a flame graph, such as that of inferno-flamegraph

It needs h2load. The profiler itself slows a call down by about a half: read shares, not times.`

/** A profiled service, and the load on it. */
interface Subject {
  readonly pid: number
  readonly load: Load
  /** Calls after which all code is compiled. The profile is of twice as many. */
  readonly warmUpCount: number
}

/** Starts a service that writes its profile into the folder when the stack is disposed. */
type Start = (folder: string, stack: AsyncDisposableStack) => Promise<Subject>

const cases: Readonly<Record<string, Start>> = {
  'grpc-unary': startMetadata(grpc),
  'connect-json-h1': startMetadata(connectJson('1.1')),
  'connect-json-h2': startMetadata(connectJson('2')),
  'grpc-stream': startBench(grpcStream, 5_000),
  'grpc-1mib': startBench(grpcMebibyte, 2_000),
  'movie-details': startMovie,
}
const warmUpCountDefault = 100_000

function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { folded: { type: 'string' } },
  })
  const [name = '', ...rest] = positionals
  const start = Object.hasOwn(cases, name) ? cases[name] : undefined
  if (start === undefined || rest.length > 0)
    throw new Error(`choose one case: ${Object.keys(cases).join(', ')}`)
  return { name, start, folded: values.folded }
}

async function run({ name, start, folded }: ReturnType<typeof readOptions>): Promise<boolean> {
  const flood = findFlood()
  if ('missing' in flood) throw new Error(flood.missing)
  await using folder = await temporaryFolder()
  const { profile, lastUs, threads } = await measure(start, folder.path, flood.value)
  const stacks = stacksOf(profile, lastUs)
  console.log(`${name}, shares of the JavaScript thread:\n`)
  for (const [area, share] of sharesOf(stacks)) console.log(`${percent(share)}  ${area}`)
  const total = [...threads.values()].reduce((sum, ms) => sum + ms, 0)
  console.log('\nshares of all threads:\n')
  const byTime = [...threads].sort(([, a], [, b]) => b - a)
  for (const [thread, ms] of byTime) console.log(`${percent(ms / total)}  ${thread}`)
  if (folded !== undefined) await writeFile(folded, toFolded(stacks))
  return true
}

function startMetadata(wire: Wire): Start {
  return async (folder, stack) => {
    const database = await loadCatalogue(folder)
    const service = marqueeProfiled('metadata', folder, '--database-url', database)
    const method = MetadataService.method.getMetadata
    const call = { name: 'metadata', wire, method, request: { movieId } }
    return startProfiled(service, call, folder, stack)
  }
}

function startBench<I extends DescMessage, O extends DescMessage>(
  call: Call<I, O>,
  warmUpCount: number,
): Start {
  return async (folder, stack) => {
    const subject = await startProfiled(marqueeProfiled('bench', folder), call, folder, stack)
    return { ...subject, warmUpCount }
  }
}

async function startMovie(folder: string, stack: AsyncDisposableStack): Promise<Subject> {
  const upstreams = await startUpstreams(folder, stack)
  const service = marqueeProfiled('movie', folder, ...upstreamFlags(upstreams))
  return startProfiled(service, movieDetails, folder, stack)
}

async function startProfiled<I extends DescMessage, O extends DescMessage>(
  service: Candidate,
  call: Omit<Call<I, O>, 'response'>,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<Subject> {
  const peer = await startNeeded(service, stack)
  const response = await callOnce(call, peer)
  const toLoad = await prepareLoad({ ...call, response }, folder)
  return { pid: peer.pid, load: toLoad(peer), warmUpCount: warmUpCountDefault }
}

/** Floods a service, and returns the profile with the length of its part under load. */
async function measure(start: Start, folder: string, flood: Flood) {
  let lastUs: number
  let threads: Map<string, number>
  {
    await using stack = new AsyncDisposableStack()
    const { pid, load, warmUpCount } = await start(folder, stack)
    await flood(load, warmUpCount)
    const before = threadTimesMs(pid)
    const startMs = performance.now()
    await flood(load, 2 * warmUpCount)
    lastUs = (performance.now() - startMs) * 1_000
    const after = threadTimesMs(pid)
    threads = new Map([...after].map(([thread, ms]) => [thread, ms - (before.get(thread) ?? 0)]))
  }
  const file = (await readdir(folder)).find((one) => one.endsWith('.cpuprofile'))
  if (file === undefined) throw new Error('the service wrote no profile')
  const profile = JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile
  return { profile, lastUs, threads }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1).padStart(5)} %`
}

await runCommand({ help, readOptions, run })
