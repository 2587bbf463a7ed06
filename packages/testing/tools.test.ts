import { expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testWith } from './requirements.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { leftOut, runtime, tool } from './tools.ts'

test('a tool is found in the cache, the newest version first', async () => {
  await using cache = await temporaryFolder()
  for (const version of ['v0.9.0', 'v0.10.0']) {
    const folder = join(cache.path, 'marquee', 'tools', `ghz@${version}`)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'ghz'), '')
  }
  const env = { PATH: '', XDG_CACHE_HOME: cache.path }
  expect(tool('ghz', env)).toEqual({
    value: join(cache.path, 'marquee', 'tools', 'ghz@v0.10.0', 'ghz'),
  })
  expect(tool('grpcurl', env)).toEqual({ missing: expect.stringContaining('not on the PATH') })
})

test('an unreadable folder of the PATH is skipped when a tool is searched', () => {
  const env = { PATH: process.env.PATH, MARQUEE_TESTS: 'check' }
  expect(tool('go', env)).toBe(leftOut)
  expect(tool('buf', env)).toHaveProperty('value')
})

test('buf is found as its own binary, not as the script that starts it', () => {
  const tooLong = `/${'x'.repeat(5_000)}`
  expect(tool('go', { PATH: tooLong, HOME: '/' })).toHaveProperty('missing')
})

test('buf is found as its own binary, not as the script that starts it', () => {
  expect(tool('buf', { PATH: '' })).toEqual({
    value: expect.stringMatching(/\/@bufbuild\/buf-\w+-\w+\/bin\/buf$/),
  })
})

testWith(
  runtime('deno'),
  'Deno runs as its own process, not by a script that does not pass on signals',
  (deno) => {
    expect(deno).toEqual({ binary: expect.stringContaining('@deno'), args: ['run', '-A'] })
  },
)
