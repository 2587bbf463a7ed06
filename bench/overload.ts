import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Found } from '@marquee/testing/tools'
import { buildGo } from './build-go.ts'
import type { Load } from './load.ts'

/** Outcomes of the calls of a run. A good call got its response within the deadline. */
export interface Outcomes {
  readonly calls: number
  readonly good: number
  /** Calls without a response within the deadline. */
  readonly late: number
  /** Calls that the server's limit of streams did not allow. */
  readonly unsent: number
  /** Other calls by gRPC code, or by the reason of the reset. */
  readonly byStatus: Readonly<Record<string, number>>
  /** Latency of the good calls, from when each was sent. */
  readonly p50Ms: number
  readonly p99Ms: number
  /**
   * Requests to /readyz, one every 50 ms on a new connection each, and those that returned 200
   * within a second.
   */
  readonly probes: number
  readonly probesGood: number
  readonly probeP99Ms: number
}

export interface OverloadRun {
  readonly callsPerSecond: number
  readonly seconds: number
  /** Number of times that a client retries a call that failed with `UNAVAILABLE`. */
  readonly retries: number
}

export type Overload = (load: Load, run: OverloadRun) => Promise<Outcomes>

/** Deadline of a call, which the client sends. */
export const timeoutMs = 1_000
/** Enough connections that their limits of streams do not matter. */
const connectionCount = 64
const endTimeoutMs = 15_000

/** Makes calls with `peers/go/load overload`, at an even rate that does not depend on responses. */
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
