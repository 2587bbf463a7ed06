import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { limitsPage } from '../../scripts/limits.ts'

const page = readFileSync('docs/limits.md', 'utf8')

test('docs/limits.md is as the source has it: bun run limits writes it', () => {
  expect(page).toBe(limitsPage())
})

test.each([
  ['the largest message', '`rpcLimits.messageBytesMax`: 4194304 (4 MiB), `--message-bytes-max`.'],
  ['the age of a connection', '`http2Limits.ageMaxMs`: 3600000 (3600 s), `--connection-age-ms`.'],
  ['resets', '`http2Limits.resets.burst`: 2000, `--http2-resets-burst`.'],
  ['a value of an event', '`valueBytesMax`: 1048576 (1 MiB).'],
  ['retries', '`retriesMax`: 2'],
  ['a filter', '`comparisonCountMax`: 32.'],
])('the page has the number, the name and the flag of %s', (_, line) => {
  expect(page).toContain(`- ${line}`)
})
