import { expect } from 'bun:test'
import { connect, type Socket } from 'node:net'
import { type Program, spawnProgram } from '@marquee/testing/process'
import type { RuntimeName } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { FramesPeer } from '../../packages/http/http2/testing/frames-peer.ts'
import { type Innocents, startInnocents } from './innocents.ts'
import { callOnce, readState } from './one-shot.ts'
import type { PortLimitsOfAll, PortState } from './state.ts'

const mebibyte = 1024 * 1024

export interface AttackOptions extends PortLimitsOfAll {
  /** Runtime of the server. Default: Bun. */
  readonly runtime?: RuntimeName
  /**
   * Maximum growth of the server's memory. Default: 64 MiB, which leaves room for what the runtime
   * frees late.
   */
  readonly grownBytesMax?: number
}

/** A server under attack, with connections for the attacker. */
export interface Target {
  readonly port: number
  /** Opens an HTTP/2 connection and exchanges SETTINGS. Closed after the attack. */
  peer(settings?: Uint8Array): Promise<FramesPeer>
  /** Opens a connection and sends nothing. Closed after the attack. */
  rawPeer(): FramesPeer
  dial(): Socket
  state(): Promise<PortState>
  /** Releases all requests that `/hold` holds. */
  release(): Promise<void>
}

/**
 * Starts a server in a new process, and attacks it repeatedly until other clients were served
 * meanwhile. Fails when one of them was not, when the memory has grown, or when something is left
 * afterwards. With `TELL=1` in the environment, prints the cost of the attack.
 */
export async function underAttack(
  options: AttackOptions,
  attack: (target: Target) => Promise<void>,
): Promise<void> {
  await using program = await startPort(options)
  const [, text = ''] = await program.waitForLine(/^listening (\d+)$/m)
  const port = Number(text)
  const innocents = startInnocents(port)
  await innocents.more(3)
  const before = await readState(port)
  await attackWhile(innocents, port, attack)
  await innocents.stop()
  expect(innocents.failures).toEqual([])
  const after = await atRest(port, program)
  const grownBytes = Math.max(innocents.rssBytesMax, after.rssBytes) - before.rssBytes
  tell(options, innocents, before, after, grownBytes)
  expect(grownBytes).toBeLessThan(options.grownBytesMax ?? 64 * mebibyte)
  expect(program.stderr()).toBe('')
}

/** Short timeouts, so that a test does not wait for a client that continues after its end. */
const soon = { closeTimeoutMs: 600, sweepIntervalMs: 20 }

function startPort({ runtime = 'bun', limits, http1, http2 }: AttackOptions): Promise<Program> {
  const told = { limits, http1: { ...soon, ...http1 }, http2: { ...soon, ...http2 } }
  const env = { LIMITS: JSON.stringify(told) }
  return spawnProgram({ runtime, entry: 'test/attacks/server.ts', env })
}

/** Minimum rounds of the other clients during the attack. */
const roundsMin = 3

async function attackWhile(
  innocents: Innocents,
  port: number,
  attack: (target: Target) => Promise<void>,
): Promise<void> {
  const enough = innocents.rounds + roundsMin
  do {
    await using open = new AsyncDisposableStack()
    await attack(createTarget(port, open))
  } while (innocents.rounds < enough && innocents.failures.length === 0)
}

function createTarget(port: number, open: AsyncDisposableStack): Target {
  const rawPeer = () => open.use(new FramesPeer(port))
  return {
    port,
    rawPeer,
    peer: (settings) => rawPeer().greet(settings),
    dial() {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      // The data missing after a failure is reported by the code that waits for it.
      socket.on('error', () => {})
      open.defer(() => void socket.destroy())
      return socket
    },
    state: () => readState(port),
    async release() {
      await callOnce(port, '/release', { method: 'POST' })
    },
  }
}

/** Resolves with the state when only the reader of the state is connected. */
function atRest(port: number, program: Program): Promise<PortState> {
  return waitFor(
    async () => {
      const state = await readState(port)
      const { connectionCount, exchangeCount, handlerCount } = state
      const isAtRest = connectionCount === 1 && exchangeCount === 1 && handlerCount === 1
      if (!isAtRest) throw new Error(`${JSON.stringify(state)} ${program.stderr()}`)
      return state
    },
    { what: 'all connections, exchanges and handlers to end' },
  )
}

function tell(
  { runtime = 'bun' }: AttackOptions,
  { rounds }: Innocents,
  before: PortState,
  after: PortState,
  grownBytes: number,
): void {
  if (process.env.TELL !== '1') return
  const requests = after.requestCount - before.requestCount
  const cpuMs = Math.round((after.cpuUs - before.cpuUs) / 1000)
  const grown = `+${(grownBytes / mebibyte).toFixed(1)} MiB`
  const figures = `${grown}, ${cpuMs} ms CPU, ${requests} requests, ${rounds} rounds`
  process.stderr.write(`${runtime}: ${figures}\n`)
}

/** Waits until the state of the server matches. */
export function waitForState<T>(
  state: () => Promise<T>,
  matches: (state: T) => boolean,
): Promise<true> {
  return waitFor(async () => matches(await state()) || undefined, { what: 'the state' })
}
