import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Found } from '@marquee/testing/tools'
import { buildGo } from './build-go.ts'
import type { Load } from './load.ts'

/** How the calls of a run ended. A good one was answered within its time. */
export interface Outcomes {
  readonly calls: number
  readonly good: number
  /** No answer came in time. */
  readonly late: number
  /** The server let no further stream be opened. */
  readonly unsent: number
  /** The others by gRPC's code, or the reason of the reset. */
  readonly byStatus: Readonly<Record<string, number>>
  /** Of the good ones, from when each was sent. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Requests for /readyz, one in 50 ms, each by a new connection, and those that were answered 200 within a second. */
  readonly probes: number
  readonly probesGood: number
  readonly probeP99Ms: number
}

export interface OverloadRun {
  readonly callsPerSecond: number
  readonly seconds: number
  /** How often a client sends a call again, soon, that is `UNAVAILABLE`. */
  readonly retries: number
}

export type Overload = (load: Load, run: OverloadRun) => Promise<Outcomes>

/** How long a call may take: its client's deadline, which it sends. */
export const timeoutMs = 1_000
/** Enough of them that the streams of each are no bound. */
const connectionCount = 64
const endTimeoutMs = 15_000

/** Makes calls by `peers/go/load overload`: evenly, whether or not answers come. */
export async function findOverload(): Promise<Found<Overload>> {
  const built = await buildGo()
  if ('missing' in built) return built
  return {
    value: async ({ url, headers, bodyFile }, { callsPerSecond, seconds, retries }) => {
      const allHeaders = [...headers, `grpc-timeout: ${timeoutMs}m`]
      const args = [
        ...['overload', '-url', url, '-connections', `${connectionCount}`],
        ...allHeaders.flatMap((header) => ['-header', header]),
        ...['-body', bodyFile, '-rate', `${callsPerSecond}`, '-seconds', `${seconds}`],
        ...['-timeout', `${timeoutMs}`, '-retries', `${retries}`],
      ]
      const timeout = Math.ceil(seconds * 1_000) + endTimeoutMs
      const { stdout } = await promisify(execFile)(built.value.load, args, { timeout })
      return JSON.parse(stdout) as Outcomes
    },
  }
}
