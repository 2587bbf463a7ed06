import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Found, tool } from '@marquee/testing/tools'
import type { Load } from './load.ts'

/** Makes `requestCount` calls as fast as responses arrive. Returns the calls per second. */
export type Flood = (load: Load, requestCount: number) => Promise<number>

const floodTimeoutMs = 60_000

/**
 * Initial windows of a client, as powers of two, for a stream and for the connection (RFC 9113
 * §6.9): 1 and 4 MiB, as gRPC clients have. The default of h2load is a gigabyte, which would
 * disable flow control.
 */
const windowBits = { stream: 20, connection: 22 }

/**
 * Floods with h2load. A run rejects when a request fails, when a response is not 2xx or too short,
 * or after a minute.
 */
export function findFlood(): Found<Flood> {
  const found = tool('h2load')
  if ('missing' in found) return found
  return {
    value: async (load, requestCount) => {
      const { stdout } = await promisify(execFile)(found.value, toArguments(load, requestCount), {
        timeout: floodTimeoutMs,
      })
      return readReport(stdout, load, requestCount)
    },
  }
}

function toArguments(load: Load, requestCount: number): string[] {
  const { url, httpVersion, headers, bodyFile, connectionCount } = load
  return [
    ...(httpVersion === '1.1' ? ['--h1'] : []),
    ...[`-n${requestCount}`, `-c${connectionCount}`, `-m${load.streamCount}`],
    ...[`-w${windowBits.stream}`, `-W${windowBits.connection}`, '-d', bodyFile],
    ...headers.flatMap((header) => ['-H', header]),
    url,
  ]
}

function readReport(report: string, { url, responseBytesMin }: Load, requestCount: number): number {
  const number = (pattern: RegExp) => Number(pattern.exec(report)?.[1])
  const succeeded = number(/(\d+) succeeded/)
  const good = number(/(\d+) 2xx/)
  const bodyBytes = number(/\((\d+)\) data/)
  if (succeeded === requestCount && good === requestCount) {
    if (bodyBytes >= requestCount * responseBytesMin) return number(/([\d.]+) req\/s/)
  }
  throw new Error(`not every call of ${url} succeeded:\n${report}`)
}
