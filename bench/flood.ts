import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Found, tool } from '@marquee/testing/tools'
import { connectionCount, type Load } from './load.ts'

/** Makes so many calls as fast as they are answered, and answers how many that were in a second. */
export type Flood = (load: Load, requestCount: number) => Promise<number>

const floodTimeoutMs = 60_000

/**
 * What a client takes unasked, as powers of two, on a stream and on the connection (RFC 9113 §6.9): 1 and 4 MiB, as much
 * as clients of gRPC give. h2load would give a gigabyte, and there would be no flow control.
 */
const windowBits = { stream: 20, connection: 22 }

/**
 * Floods by h2load. A run rejects when a request fails, when an answer is not 2xx or too short, or after a minute.
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
  const { url, httpVersion, headers, bodyFile } = load
  return [
    ...(httpVersion === '1.1' ? ['--h1'] : []),
    ...[`-n${requestCount}`, `-c${connectionCount}`, `-m${load.streamCount}`],
    ...[`-w${windowBits.stream}`, `-W${windowBits.connection}`, '-d', bodyFile],
    ...headers.flatMap((header) => ['-H', header]),
    url,
  ]
}

function readReport(report: string, { url, answerBytesMin }: Load, requestCount: number): number {
  const number = (pattern: RegExp) => Number(pattern.exec(report)?.[1])
  const succeeded = number(/(\d+) succeeded/)
  const good = number(/(\d+) 2xx/)
  const bodyBytes = number(/\((\d+)\) data/)
  if (succeeded === requestCount && good === requestCount) {
    if (bodyBytes >= requestCount * answerBytesMin) return number(/([\d.]+) req\/s/)
  }
  throw new Error(`not every call of ${url} succeeded:\n${report}`)
}
