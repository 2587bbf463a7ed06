import { afterAll, beforeAll, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type LockedServices, startLocked } from '../test/access/services.ts'
import { importCatalogue } from './import-catalogue.ts'
import { importRatings } from './import-ratings.ts'
import { simulateAudienceProgram } from './simulate-audience.ts'
import { record } from './testing/recording-terminal.ts'

const stack = new AsyncDisposableStack()
let services: LockedServices
let folder = ''
let urls: string[] = []

beforeAll(async () => {
  services = stack.use(await startLocked())
  folder = stack.use(await temporaryFolder()).path
  urls = ['--metadata', services.urls.metadata, '--rating', services.urls.rating]
}, 60_000)
afterAll(() => stack.disposeAsync())

/** Writes a file with a token of the roles, and returns the flag that names it. */
async function tokenFile(...roles: string[]): Promise<[string, string]> {
  const path = join(folder, `${roles.join() || 'nobody'}.token`)
  await writeFile(path, `${await services.issuer.token({ roles })}\n`)
  return ['--token-file', path]
}

const movies = 'movieId,title,genres\n1,A Closed Door (1979),Horror\n'
const ratings = 'userId,movieId,rating,timestamp\n7,1,4.5,1\n'
const letterboxd =
  'Date,Name,Year,Letterboxd URI,Rating\n2020-01-01,A Closed Door,1979,https://boxd.it/1,4\n'

test('an import is refused without a token, and with one of another role', async () => {
  const run = await record(importCatalogue, [...urls, '-'], { stdin: movies })
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('needs a token') })
  const other = await tokenFile('editor')
  const second = await record(importCatalogue, [...urls, ...other, '-'], { stdin: movies })
  expect(second.stderr).toContain('this needs a token with the role "ingest"')
})

test('with a token of the role, every program that calls services works', async () => {
  const flags = [...urls, ...(await tokenFile('ingest'))]
  const expectDone = async (run: ReturnType<typeof record>, summary: RegExp) =>
    expect(await run).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringMatching(summary),
    })
  await expectDone(record(importCatalogue, [...flags, '-'], { stdin: movies }), /created +1\b/)
  await expectDone(record(importCatalogue, [...flags, '-'], { stdin: ratings }), /created +1\b/)
  const own = [...flags, '--user', 'ann', '-']
  await expectDone(record(importRatings, own, { stdin: letterboxd }), /imported +1\b/)
  const people = ['--people', '3', '--rate', '1000', '--ratings', '5']
  await expectDone(record(simulateAudienceProgram, [...flags, ...people]), /simulated +5\b/)
})

test.each([
  [['--token-file', '/nowhere/token'], '--token-file: ENOENT: no such file'],
  [['--token-file', import.meta.filename], 'has no token: it must be one word, without "Bearer"'],
])('a program does not start with %p', async (flags, text) => {
  const run = await record(importCatalogue, [...flags, '-'], { stdin: movies })
  expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(text) })
})
