import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { testWith } from '@marquee/testing/requirements'
import { tool } from '@marquee/testing/tools'

function run(name: 'check' | 'conformance' | 'h2spec' | 'soak', ...args: string[]) {
  const program = join(import.meta.dirname, `${name}.ts`)
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
}

describe('wrong arguments of the suites', () => {
  test.each([
    ['check', '--al'],
    ['conformance', '--runtime=rhino'],
    ['conformance', '--no-such-flag'],
    ['conformance', '--timeout=soon'],
    ['h2spec', '--runtime=rhino'],
    ['h2spec', '--no-such-flag'],
    ['soak', '--minutes=soon'],
    ['soak', '--no-such-flag'],
  ] as const)('bun run %s refuses %s, and prints the help', (name, flag) => {
    const { status, stderr } = run(name, flag)
    expect(status).toBe(2)
    expect(stderr).toContain(`bun run ${name} [`)
  })
})

testWith(tool('connectconformance'), 'bun run conformance runs the selected cases', () => {
  const cases = 'Basic/**/Codec:CODEC_JSON/Compression:COMPRESSION_BR/TLS:true/**/unary/*'
  const { status, stdout } = run('conformance', '--server', '--runtime', 'bun', '--run', cases)
  expect(stdout).toMatch(/^server on bun: (\d+) of \1 passed, 0 failed, 0 not run \([\d.]+ s\)\n$/)
  expect(status).toBe(0)
})

testWith(
  tool('connectconformance'),
  'a run of the conformance suite beyond its timeout is stopped, and fails',
  () => {
    const { status, stdout } = run('conformance', '--server', '--runtime', 'bun', '--timeout', '1')
    expect(stdout).toContain('cases without an end:')
    expect(status).toBe(1)
  },
)

testWith(tool('h2spec'), 'bun run h2spec runs the selected specs', () => {
  const { status, stdout } = run('h2spec', '--cleartext', '--runtime', 'bun', 'http2/6.5', 'hpack')
  expect(stdout).toMatch(/^bun in cleartext: (\d+) of \1 passed \([\d.]+ s\)\n$/)
  expect(status).toBe(0)
})
