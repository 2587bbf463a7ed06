import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { createScale } from '../services/rating/scale.ts'
import { defaultRules, scoringOf } from '../services/rating/scoring.ts'
import { openRatingStore } from '../services/rating/store/open.ts'

const alien = { recordType: 'movie', recordId: 'alien' }

test('convert-scale converts a database, and a store with the new scale opens it', async () => {
  await using folder = await temporaryFolder()
  const url = `sqlite:${join(folder.path, 'rating.db')}`
  const before = await openRatingStore(url, { rules: defaultRules })
  await before.put([{ ...alien, userId: 'ann', value: 4.5 }])
  await before[Symbol.asyncDispose]()
  const toTens = ['--database-url', url, '--type', 'movie', '--to', '1:10:1', '--multiply', '2']
  expect(await convert(...toTens)).toEqual([0, 'converted 1 ratings of 1 records'])
  const tens = scoringOf(createScale('1:10:1'))
  await using after = await openRatingStore(url, { rules: { named: new Map(), others: tens } })
  expect((await after.get(alien, 'ann'))?.value).toBe(9)
})

test('convert-scale refuses a file that a store uses, and changes nothing', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'rating.db')
  await using store = await openRatingStore(`sqlite:${path}`, { rules: defaultRules })
  await store.put([{ ...alien, userId: 'ann', value: 4.5 }])
  const given = ['--database-url', `sqlite:${path}`, '--type', 'movie', '--to', '1:10:1']
  const text = `marquee: another process uses ${path}: stop it first`
  expect(await convert(...given, '--multiply', '2')).toEqual([1, text])
  expect((await store.get(alien, 'ann'))?.value).toBe(4.5)
})

test('convert-scale says what it needs, and creates no database', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'absent.db')
  const given = ['--database-url', `sqlite:${path}`, '--type', 'movie', '--to']
  expect(await convert(...given, '1:5:1')).toEqual([1, `marquee: there is no database ${path}`])
  expect(existsSync(path)).toBe(false)
  const [code, text] = await convert(...given, '1:5')
  expect([code, text]).toEqual([2, 'a scale is minimum:maximum:step, such as 0.5:5:0.5'])
})

/** Returns the exit code and the first line of the output. */
async function convert(...args: string[]) {
  const entry = 'scripts/convert-scale.ts'
  await using program = await spawnProgram({ runtime: 'bun', entry, args })
  const { code } = await program.exited
  return [code, (program.stdout() || program.stderr()).split('\n')[0]]
}
