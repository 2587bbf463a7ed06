import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { backendsFolder } from '@marquee/testing/backends/cache'
import { installed } from '@marquee/testing/backends/shared'
import { testWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'

const program = join(import.meta.dirname, 'backends.ts')

function run(cache: string, ...args: string[]) {
  // `bun test --no-orphans` is inherited, and would stop the backend when the command ends.
  const env = { ...process.env, BUN_FEATURE_FLAG_NO_ORPHANS: undefined, XDG_CACHE_HOME: cache }
  return spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' })
}

test('bun run backends refuses wrong arguments, and prints the help', async () => {
  await using cache = await temporaryFolder()
  for (const args of [[], ['sideways'], ['up', 'mongodb'], ['down', '--no-such-flag']]) {
    const { status, stderr } = run(cache.path, ...args)
    expect(status).toBe(2)
    expect(stderr).toContain('bun run backends up|down|status')
  }
  expect(run(cache.path, '--help')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('bun run backends up|down|status'),
  })
})

test('with an empty cache nothing runs, and down succeeds', async () => {
  await using cache = await temporaryFolder()
  const { status, stdout } = run(cache.path, 'status', 'consul')
  expect({ status, stdout }).toEqual({ status: 1, stdout: 'consul: not running\n' })
  expect(run(cache.path, 'down').status).toBe(0)
})

testWith(
  installed('consul'),
  'a started backend outlives the command, which prints its address as a shell line',
  async () => {
    await using cache = await temporaryFolder()
    const own = backendsFolder({ XDG_CACHE_HOME: cache.path })
    await mkdir(own, { recursive: true })
    for (const name of readdirSync(backendsFolder()).filter((one) => one.startsWith('consul-'))) {
      symlinkSync(join(backendsFolder(), name), join(own, name))
    }
    try {
      const { stdout, status } = run(cache.path, 'up', '--free-ports', 'consul')
      expect(status).toBe(0)
      const [, address] = /^export CONSUL_HTTP_ADDR=(127\.0\.0\.1:\d+)\n$/.exec(stdout) ?? []
      expect((await fetch(`http://${address}/v1/status/leader`)).status).toBe(200)
      expect(run(cache.path, 'status', 'consul')).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(new RegExp(`^consul: ${address} \\(process \\d+\\)\n$`)),
      })
    } finally {
      expect(run(cache.path, 'down', '--remove-data').status).toBe(0)
    }
    expect(existsSync(join(own, 'state', 'consul.json'))).toBe(false)
  },
)
