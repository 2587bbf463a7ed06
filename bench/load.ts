import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Found, tool } from '../platform/testing/tools.ts'

/** What is sent again and again. */
export interface Load {
  readonly url: string
  readonly httpVersion: '1.1' | '2'
  /** Calls under way on each of eight connections; on HTTP/1.1 it is one, whatever this says. */
  readonly streamCount: number
  /** `name: value`. */
  readonly headers: readonly string[]
  /** The file with the body of each request. */
  readonly bodyFile: string
  /** The bytes of a good answer's body: an error by gRPC has status 200, and none. */
  readonly answerBytesMin: number
}

/** Runs a load of so many requests, and answers how many were answered in a second. */
export type RunLoad = (load: Load, requestCount: number) => Promise<number>

const connectionCount = 8
const loadTimeoutMs = 60_000

/**
 * Loads by h2load. A run rejects when a request fails, when an answer is not 2xx or too short, or
 * after a minute.
 */
export function findLoad(): Found<RunLoad> {
  const found = tool('h2load')
  if ('missing' in found) return found
  return {
    value: async (load, requestCount) => {
      const { stdout } = await promisify(execFile)(found.value, toArguments(load, requestCount), {
        timeout: loadTimeoutMs,
      })
      return readReport(stdout, load, requestCount)
    },
  }
}

function toArguments(load: Load, requestCount: number): string[] {
  const { url, httpVersion, headers, bodyFile } = load
  return [
    ...(httpVersion === '1.1' ? ['--h1'] : []),
    ...[`-n${requestCount}`, `-c${connectionCount}`, `-m${load.streamCount}`, '-d', bodyFile],
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
