import { describe, expect } from 'bun:test'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { type RuntimeName, runtime, tool } from '@marquee/testing/tools'
import { runSuite } from './suite.ts'

const runtimes: readonly RuntimeName[] = ['bun', 'deno', 'node']
const timeoutMs = 150_000
const allPassed = { total: 146, passed: 146, skipped: 0, failed: 0, report: '' }

describe('the server follows RFC 9113 and RFC 7541 in every case of h2spec', () => {
  for (const name of runtimes) {
    describeWith(runtime(name), `on ${name}`, () => {
      for (const tls of [false, true]) {
        testWith(
          tool('h2spec'),
          tls ? 'over TLS' : 'in cleartext',
          async (binary) => {
            expect(await runSuite({ binary, runtime: name, tls })).toEqual(allPassed)
          },
          timeoutMs,
        )
      }
    })
  }
})
