import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Found } from '@marquee/testing/tools'
import { buildGo } from './build-go.ts'
import type { Load } from './load.ts'

/** Latency of calls, from when they were due: the median and the 99th percentile. */
export interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Makes calls at an even, fixed rate that does not depend on responses. */
export type Pace = (load: Load, callsPerSecond: number, seconds: number) => Promise<Latency>

/** Time to wait for responses after the last call was sent. */
const responseTimeoutMs = 15_000

/**
 * Paces with `peers/go/load`. A run rejects when a call fails, or when its response differs from
 * the others.
 */
export async function findPace(): Promise<Found<Pace>> {
  const built = await buildGo()
  if ('missing' in built) return built
  return {
    value: async (load, callsPerSecond, seconds) => {
      const args = toArguments(load, callsPerSecond, seconds)
      const timeout = Math.ceil(seconds * 1_000) + responseTimeoutMs
      const { stdout } = await promisify(execFile)(built.value.load, args, { timeout })
      return JSON.parse(stdout) as Latency
    },
  }
}

function toArguments(load: Load, callsPerSecond: number, seconds: number): string[] {
  const { url, httpVersion, headers, bodyFile } = load
  return [
    ...['pace', '-url', url, '-http', httpVersion, '-connections', `${load.connectionCount}`],
    ...headers.flatMap((header) => ['-header', header]),
    ...['-body', bodyFile, '-rate', `${callsPerSecond}`, '-seconds', `${seconds}`],
  ]
}
