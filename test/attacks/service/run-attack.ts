import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import type { RuntimeName } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { settingId, settingsPayload } from '../../../packages/http/http2/frames/settings.ts'
import { FramesPeer } from '../../../packages/http/http2/testing/frames-peer.ts'
import type { Attack, Endpoint, Target } from './attack.ts'
import { type MemoryGroup, peakRssOf } from './memory-group.ts'
import type { OthersReport } from './others.ts'

export interface AttackRunOptions {
  readonly attack: Attack
  /** Duration of the attack, in milliseconds. */
  readonly durationMs: number
  /** Control group of the service. Default: no memory limit. */
  readonly memoryGroup?: MemoryGroup | undefined
  /** Runtime of the service. Default: Bun. */
  readonly runtime?: RuntimeName
}

/** Cost of an attack. */
export interface AttackReport {
  readonly name: string
  /** Bytes that the attacker has sent. */
  readonly sentBytes: number
  /** Peak resident memory of the service's process, in bytes. */
  readonly peakRssBytes: number
  readonly others: OthersReport
  /** How the service's process ended. `undefined` while it runs. */
  readonly exit: string | undefined
  /** Outcomes that the attacker saw, with their counts. */
  readonly outcomes: ReadonlyMap<string, number>
}

const startTimeoutMs = 30_000
/** Interval of the memory samples, in milliseconds. */
const sampleIntervalMs = 50
/** Time before an attacker reconnects, in milliseconds. */
const comeBackMs = 50

/** Starts the three services as `bun start` does, attacks them while others call, and measures. */
export async function runAttack(options: AttackRunOptions): Promise<AttackReport> {
  await using stack = new AsyncDisposableStack()
  const service = stack.use(await startServices(options, stack.use(await temporaryFolder()).path))
  const urls = await urlsOf(service)
  const memory = stack.use(sampleMemory(service.pid))
  const others = await spawnProgram({
    runtime: 'bun',
    entry: 'test/attacks/service/others.ts',
    env: { MOVIE_URL: `http://localhost:${urls.movie}` },
  })
  stack.use(others)
  await others.waitForLine(/^ready$/m)
  const attacker = createAttacker(urls, options.durationMs)
  await attackUntilOver(options.attack, attacker.target)
  const sentBytes = await attacker.stop()
  const report = await reportOf(others)
  const exit = await Promise.race([service.exited, delay(0)])
  return {
    name: options.attack.name,
    sentBytes,
    peakRssBytes: memory.peakBytes(),
    others: report,
    exit: exit ? `${exit.signal ?? exit.code}` : undefined,
    outcomes: attacker.outcomes,
  }
}

/** Reconnects the attacker whenever its connection fails. */
async function attackUntilOver({ run }: Attack, target: Target): Promise<void> {
  while (!target.signal.aborted) {
    await run(target).catch(() => target.saw('no connection'))
    await delay(comeBackMs, undefined, { signal: target.signal }).catch(() => {})
  }
}

function startServices(
  { memoryGroup, runtime = 'bun' }: AttackRunOptions,
  data: string,
): Promise<Program> {
  const ports = ['metadata', 'rating', 'movie'].flatMap((name) => [`--port-${name}`, '0'])
  return spawnProgram({
    runtime,
    entry: 'services/dev.ts',
    args: ['--data', data, ...ports],
    ...(memoryGroup && { command: memoryGroup.command }),
  })
}

type Ports = Readonly<Record<'metadata' | 'rating' | 'movie', number>>

async function urlsOf(service: Program): Promise<Ports> {
  const pattern =
    /metadata +http:\/\/\S+:(\d+)\n +rating +http:\/\/\S+:(\d+)\n +movie +http:\/\/\S+:(\d+)/
  const [, metadata, rating, movie] = await service.waitForLine(pattern, startTimeoutMs)
  return { metadata: Number(metadata), rating: Number(rating), movie: Number(movie) }
}

function sampleMemory(pid: number) {
  let peakBytes = 0
  const sample = () => {
    peakBytes = peakRssOf(pid) ?? peakBytes
    return peakBytes
  }
  const timer = setInterval(sample, sampleIntervalMs)
  return { peakBytes: sample, [Symbol.dispose]: () => clearInterval(timer) }
}

async function reportOf(others: Program): Promise<OthersReport> {
  others.kill()
  await others.exited
  return JSON.parse(others.stdout().trim().split('\n').at(-1) ?? '')
}

/** Receive window of a client that wants to read. */
const windowBytes = 2 ** 30

function createAttacker(ports: Ports, durationMs: number) {
  const sockets = new Set<Socket>()
  let sentBytes = 0
  const outcomes = new Map<string, number>()
  const endpoint = (port: number): Endpoint => {
    const dial = () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        sentBytes += socket.bytesWritten
        sockets.delete(socket)
      })
      return socket
    }
    return {
      port,
      dial,
      async peer(settings) {
        const open = settingsPayload([[settingId.initialWindowSize, windowBytes]])
        const peer = await new FramesPeer(dial()).greet(settings ?? open)
        peer.windowUpdate(0, windowBytes)
        return peer
      },
    }
  }
  const target: Target = {
    metadata: endpoint(ports.metadata),
    rating: endpoint(ports.rating),
    movie: endpoint(ports.movie),
    signal: AbortSignal.timeout(durationMs),
    saw: (outcome) => outcomes.set(String(outcome), (outcomes.get(String(outcome)) ?? 0) + 1),
  }
  return {
    target,
    outcomes,
    /** Closes all connections, and returns the bytes that were sent on them. */
    async stop() {
      for (const socket of [...sockets]) socket.destroy()
      await waitFor(() => sockets.size === 0, { what: 'the connections to close' })
      return sentBytes
    },
  }
}
