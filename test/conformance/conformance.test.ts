import { describe, expect } from 'bun:test'
import { describeWith, testWith } from '../../platform/testing/requirements.ts'
import { type RuntimeName, runtime, tool } from '../../platform/testing/tools.ts'
import { runSuite, type SuiteOptions } from './suite.ts'

const runtimes: readonly RuntimeName[] = ['bun', 'deno', 'node']
const suite = tool('connectconformance')

/** The suite compares what it sent and got byte by byte, a third of a second for each message of this part. */
const atTheLimit = 'Server Message Size/**'
const timeoutMs = 1_200_000

/** How many cases there are: 10,736 by the server; one that is left out is a failure too. */
const caseCounts = { server: 10_040, serverAtTheLimit: 696, client: 2_696 }

for (const name of runtimes) {
  describeWith(runtime(name), `the official conformance suite, on ${name}`, () => {
    declareRun('passes every case of our server', caseCounts.server, {
      half: 'server',
      runtime: name,
      skipped: [atTheLimit],
    })
    declareRun('passes every case of our client', caseCounts.client, {
      half: 'client',
      runtime: name,
    })
  })
}

// At once, for the suite compares on one core.
describe.concurrent('the official conformance suite, with messages at the limit', () => {
  for (const name of runtimes) {
    describeWith(runtime(name), `on ${name}`, () => {
      declareRun('passes every case of our server', caseCounts.serverAtTheLimit, {
        half: 'server',
        runtime: name,
        patterns: [atTheLimit],
      })
    })
  }
})

function declareRun(what: string, total: number, options: Omit<SuiteOptions, 'binary'>): void {
  testWith(
    suite,
    what,
    async (binary) => {
      const result = await runSuite({ ...options, binary, timeoutMs: timeoutMs - 10_000 })
      const allPassed = { total, passed: total, failed: 0, notRun: 0, unanswered: [], report: '' }
      expect(result).toEqual(allPassed)
    },
    timeoutMs,
  )
}
