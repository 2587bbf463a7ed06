import { availableParallelism } from 'node:os'
import { type Found, type RuntimeName, runtime } from '@marquee/testing/tools'
import type { Candidate, Peer } from './bench.ts'
import { buildGo } from './build-go.ts'
import { buildRust } from './build-rust.ts'
import { startProcess } from './process.ts'

export type ServiceName = 'metadata' | 'rating' | 'movie' | 'bench' | 'fan-out'

/** Programs of services that are only measured. */
const benchEntries: Readonly<Partial<Record<ServiceName, string>>> = {
  bench: 'bench/service.ts',
  'fan-out': 'bench/fan-out-service.ts',
}

/** Names of the peers that can take part in a case of calls. */
export const peerNames = [
  'marquee-bun',
  'marquee-deno',
  'marquee-node',
  'marquee-bun-workers',
  'grpc-go',
  'connect-go',
  'tonic',
  'connect-rust',
  'connect-node-bun',
  'connect-node-node',
  'grpc-js-node',
  'hono-bun',
]

const startTimeoutMs = 10_000
/** Time between two samples of a profile, in microseconds. */
const sampleUs = 200

/** Returns a service of Marquee in its own process, with its access log. */
export function marquee(
  service: ServiceName,
  runtimeName: RuntimeName,
  ...args: readonly string[]
): Candidate {
  const allArgs = ['--port', '0', '--log-format', 'json', ...args]
  return onRuntime(`marquee-${runtimeName}`, runtimeName, entryOf(service), allArgs, readUrl)
}

function entryOf(service: ServiceName): string {
  return benchEntries[service] ?? `services/${service}/main.ts`
}

/** Returns a service of Marquee on Bun that writes a profile into the folder when it ends. */
export function marqueeProfiled(
  service: ServiceName,
  folder: string,
  ...args: readonly string[]
): Candidate {
  const profiler = ['--cpu-prof-interval', `${sampleUs}`, '--cpu-prof-dir', folder]
  const program = [entryOf(service), '--port', '0', '--log-format', 'json', ...args]
  return onRuntime('marquee-bun', 'bun', '--cpu-prof', [...profiler, ...program], readUrl)
}

/** Returns a service of Marquee on Bun with a worker for each core. */
export function marqueeWorkers(service: ServiceName, ...args: readonly string[]): Candidate {
  const name = 'marquee-bun-workers'
  const entry = `services/${service}/main.ts`
  const allArgs = ['--port', '0', '--log-format', 'json', '--workers', 'auto', ...args]
  let origin: string | undefined
  let servingCount = 0
  return onRuntime(name, 'bun', entry, allArgs, (line) => {
    origin ??= /"url":"(http[^"]+)"/.exec(line)?.[1]
    if (line.includes('"msg":"a worker serves"')) servingCount++
    if (origin === undefined || servingCount < availableParallelism()) return undefined
    return { '1.1': origin, '2': origin }
  })
}

/** Returns the service on each runtime. */
export function marqueeEverywhere(service: ServiceName, ...args: readonly string[]): Candidate[] {
  const runtimes = ['bun', 'deno', 'node'] as const
  return runtimes.map((name) => marquee(service, name, ...args))
}

/**
 * Returns a server of metadata and bench on another library: a program in `peers/`, with the file
 * of the response of GetMetadata.
 */
export function other(
  program: 'connect-node' | 'grpc-js' | 'hono-bun',
  runtimeName: RuntimeName,
  responseFile?: string,
): Candidate {
  const name = program === 'hono-bun' ? program : `${program}-${runtimeName}`
  const entry = `bench/peers/${program}.ts`
  return onRuntime(name, runtimeName, entry, responseArgs('--response', responseFile), readOrigins)
}

/** Returns a server of metadata and bench on grpc-go. */
export function grpcGo(responseFile?: string): Candidate {
  return inGo('grpc-go', 'grpc', ...responseArgs('-response', responseFile))
}

/** Returns a server of metadata and bench on connect-go. */
export function connectGo(responseFile?: string): Candidate {
  return inGo('connect-go', 'connect', ...responseArgs('-response', responseFile))
}

/** Returns a server of metadata and bench on tonic. */
export function tonic(responseFile?: string): Candidate {
  return inRust('tonic', 'tonic', ...responseArgs('--response', responseFile))
}

/** Returns a server of metadata and bench on connect-rust. */
export function connectRust(responseFile?: string): Candidate {
  return inRust('connect-rust', 'connect', ...responseArgs('--response', responseFile))
}

/** Returns a server of movie on grpc-go, which calls the services at `host:port`. */
export function grpcGoMovie(metadata: string, rating: string): Candidate {
  return inGo('grpc-go', 'movie', '-metadata', metadata, '-rating', rating)
}

function responseArgs(flag: string, file: string | undefined): string[] {
  return file === undefined ? [] : [flag, file]
}

/** Returns a peer in Go. It is built when the first one starts. */
function inGo(name: string, ...args: readonly string[]): Candidate {
  return {
    name,
    async start(core) {
      const built = await buildGo()
      return 'missing' in built ? built : start(name, built.value.peer, args, readOrigins, core)
    },
  }
}

/** Returns a peer in Rust. It is built when the first one starts, the first time in minutes. */
function inRust(name: string, ...args: readonly string[]): Candidate {
  return {
    name,
    async start(core) {
      const built = await buildRust()
      return 'missing' in built ? built : start(name, built.value, args, readOrigins, core)
    },
  }
}

function onRuntime(
  name: string,
  runtimeName: RuntimeName,
  entry: string,
  args: readonly string[],
  readReady: (line: string) => Peer['origins'] | undefined,
): Candidate {
  return {
    name,
    async start(core) {
      const found = runtime(runtimeName)
      if ('missing' in found) return found
      const { binary, args: before } = found.value
      return start(name, binary, [...before, entry, ...args], readReady, core)
    },
  }
}

async function start(
  name: string,
  binary: string,
  args: readonly string[],
  readReady: (line: string) => Peer['origins'] | undefined,
  core: number | undefined,
): Promise<Found<Peer>> {
  const started = await startProcess({ binary, args, core, readReady, timeoutMs: startTimeoutMs })
  const { pid, ready: origins } = started
  const dispose = () => started[Symbol.asyncDispose]()
  return { value: { name, pid, origins, [Symbol.asyncDispose]: dispose } }
}

/** Reads the log line that says where a service of Marquee listens. */
function readUrl(line: string): Peer['origins'] | undefined {
  const origin = /"url":"(http[^"]+)"/.exec(line)?.[1]
  return origin === undefined ? undefined : { '1.1': origin, '2': origin }
}

function readOrigins(line: string): Peer['origins'] | undefined {
  const said = /^ready (.*)$/.exec(line)?.[1]
  return said === undefined ? undefined : (JSON.parse(said) as Peer['origins'])
}
