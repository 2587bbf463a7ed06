import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Found } from '@marquee/testing/tools'
import { buildGo } from './build-go.ts'
import { connectionCount, type Load } from './load.ts'

/** How long half of the calls took at most, and 99 of 100, from when they were due. */
export interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Makes calls at a fixed rate, evenly, whether or not answers come. */
export type Pace = (load: Load, callsPerSecond: number, seconds: number) => Promise<Latency>

/** On top of the time that the calls take to be sent. */
const answerTimeoutMs = 15_000

/** Paces by `peers/go/load`. A run rejects when a call fails, or its answer is not the same as that of the others. */
export async function findPace(): Promise<Found<Pace>> {
  const built = await buildGo()
  if ('missing' in built) return built
  return {
    value: async (load, callsPerSecond, seconds) => {
      const args = toArguments(load, callsPerSecond, seconds)
      const timeout = Math.ceil(seconds * 1_000) + answerTimeoutMs
      const { stdout } = await promisify(execFile)(built.value.load, args, { timeout })
      return JSON.parse(stdout) as Latency
    },
  }
}

function toArguments(load: Load, callsPerSecond: number, seconds: number): string[] {
  const { url, httpVersion, headers, bodyFile } = load
  return [
    ...['pace', '-url', url, '-http', httpVersion, '-connections', `${connectionCount}`],
    ...headers.flatMap((header) => ['-header', header]),
    ...['-body', bodyFile, '-rate', `${callsPerSecond}`, '-seconds', `${seconds}`],
  ]
}
