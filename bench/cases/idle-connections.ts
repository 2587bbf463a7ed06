import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type Bench, type Peer, startSelected } from '../bench.ts'
import { buildGo } from '../build-go.ts'
import { loadCatalogue } from '../catalogue.ts'
import { followThreadTime, residentMegabytes } from '../cpu.ts'
import { connectGo, grpcGo, marqueeEverywhere } from '../peers.ts'

const name = 'idle-connections'
const connectionCount = 10_000
/**
 * Connections that are opened and closed before the memory is read, so that one-time allocations do
 * not count.
 */
const firstCount = 200
/** Time for a server to become idle, after its start and after connections were opened. */
const startedMs = 10_000
const settleMs = 3_000
/**
 * Time of a measurement: longer than the deadlines of a new connection (10 and 20 s), and with
 * several of the garbage collections that a timer starts.
 */
const idleMs = 30_000
/** Interval at which times are read, so that a thread that ends is not lost. */
const readIntervalMs = 500
const openTimeoutMs = 60_000

/**
 * Measures 10,000 idle HTTP/2 connections that have exchanged SETTINGS: the memory of each, and the
 * processor time of all. Every round restarts each server, because a process does not return memory
 * that it used once.
 */
export async function measureIdleConnections(bench: Bench): Promise<void> {
  const built = await buildGo()
  if ('missing' in built) throw new Error(built.missing)
  // Without a rating service that metadata would try to reach, and collect garbage for.
  const flags = ['--database-url', await loadCatalogue(bench.folder), '--rating-url', '']
  const candidates = [...marqueeEverywhere('metadata', ...flags), grpcGo(), connectGo()]
  const failed = new Set<string>()
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`${name}: round ${round} of ${bench.rounds}`)
    for (const candidate of candidates.filter((one) => !failed.has(one.name))) {
      try {
        await using peer = await startSelected(candidate, bench)
        if (peer) await measure(bench, peer, built.value.load)
      } catch (error) {
        failed.add(candidate.name)
        bench.fail(candidate.name, error)
      }
    }
  }
}

async function measure(bench: Bench, peer: Peer, program: string): Promise<void> {
  {
    await using first = await openIdle(program, peer, firstCount)
    await first.close()
  }
  await delay(startedMs)
  const before = { rssMb: residentMegabytes(peer.pid), usedMs: await idleTime(peer) }
  await using connections = await openIdle(program, peer, connectionCount)
  await delay(settleMs)
  const usedMs = await idleTime(peer)
  const grownKb = (residentMegabytes(peer.pid) - before.rssMb) * 1_000
  const open = await connections.close()
  if (open !== connectionCount) throw new Error(`only ${open} connections stayed open`)
  const report = (metric: string, unit: string, value: number) =>
    bench.report({ case: name, peer: peer.name, metric, unit, value })
  report('kb_per_connection', 'kB', grownKb / connectionCount)
  report('cpu_ms_per_s', 'ms/s', usedMs)
  report('cpu_ms_per_s_without', 'ms/s', before.usedMs)
}

/** Returns the processor time that an idle server uses per second, in milliseconds. */
async function idleTime({ pid }: Peer): Promise<number> {
  const timeMs = followThreadTime(pid)
  const startMs = timeMs()
  const startedAtMs = performance.now()
  while (performance.now() - startedAtMs < idleMs) {
    await delay(readIntervalMs)
    timeMs()
  }
  return ((timeMs() - startMs) / (performance.now() - startedAtMs)) * 1_000
}

/** Connections that another program holds open. Disposing closes them. */
interface IdleConnections extends AsyncDisposable {
  /** Closes the connections, and returns how many were still open. */
  close(): Promise<number>
}

async function openIdle(program: string, peer: Peer, count: number): Promise<IdleConnections> {
  const args = ['idle', '-url', `${peer.origins['2']}`, '-connections', `${count}`]
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const lines = createInterface(child.stdout as Readable)
  const dispose = async () => {
    child.kill()
    await ended
  }
  try {
    const said = await nextLine(lines)
    if (said !== 'ready') throw new Error(`not all of ${count} connections could be opened`)
  } catch (error) {
    await dispose()
    throw error
  }
  const close = async () => {
    const [line] = await Promise.all([nextLine(lines), (child.stdin as Writable).end()])
    return (JSON.parse(line ?? '{}') as { open?: number }).open ?? 0
  }
  return { close, [Symbol.asyncDispose]: dispose }
}

/** Returns the next line, or `undefined` at the end. */
async function nextLine(lines: Interface): Promise<string | undefined> {
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(openTimeoutMs)])
  try {
    const line = once(lines, 'line', { signal }).then(([text]) => String(text))
    const end = once(lines, 'close', { signal }).then(() => undefined)
    return await Promise.race([line, end])
  } finally {
    over.abort()
  }
}
