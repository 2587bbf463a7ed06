import { describe, expect } from 'bun:test'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { type RuntimeName, runtime, tool } from '@marquee/testing/tools'
import { runSuite, type SuiteOptions } from './suite.ts'

const runtimes: readonly RuntimeName[] = ['bun', 'deno', 'node']

/** Cases whose messages the suite compares byte by byte, at a third of a second each. */
const atTheLimit = 'Server Message Size/**'
const timeoutMs = 1_200_000

/** Number of cases: 10,736 for the server. A missing case is a failure too. */
const caseCounts = { server: 10_040, serverAtTheLimit: 696, gateway: 479, client: 2_696 }

describe('the official conformance suite passes every case of our server', () => {
  declareRuns(caseCounts.server, { half: 'server', skipped: [atTheLimit] })
})

/** All protocols and kinds of streams. The gateway reads neither codec nor compression. */
const uncompressed = '**/Codec:CODEC_PROTO/Compression:COMPRESSION_IDENTITY/TLS:false/**'

describe('the official conformance suite passes every case of our server behind the gateway', () => {
  declareRuns(caseCounts.gateway, { half: 'gateway', patterns: [uncompressed] })
})

describe('the official conformance suite passes every case of our client', () => {
  declareRuns(caseCounts.client, { half: 'client' })
})

// In parallel, because the suite compares on one core.
describe.concurrent('the official conformance suite passes every case of our server with messages at the limit', () => {
  declareRuns(caseCounts.serverAtTheLimit, { half: 'server', patterns: [atTheLimit] })
})

function declareRuns(total: number, options: Omit<SuiteOptions, 'binary' | 'runtime'>): void {
  for (const name of runtimes) {
    describeWith(runtime(name), `on ${name}`, () => {
      testWith(
        tool('connectconformance'),
        `${total} of ${total}`,
        async (binary) => {
          const limits = { timeoutMs: timeoutMs - 10_000 }
          const result = await runSuite({ ...options, ...limits, runtime: name, binary })
          const allPassed = { total, passed: total, failed: 0, notRun: 0 }
          expect(result).toEqual({ ...allPassed, unanswered: [], report: '' })
        },
        timeoutMs,
      )
    })
  }
}
