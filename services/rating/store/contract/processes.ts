import { expect, test } from 'bun:test'
import { expectLinearChain } from '@marquee/testing/linear-chain'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { openRatingStore } from '../open.ts'
import { alien, movie, rating, rules } from './fixtures.ts'

const entry = 'services/rating/store/contract/conditional-writer.ts'
/** Number of puts by each process. */
const putCount = 100

/** Declares the test of two processes that write to one database. */
export function describeProcesses(createUrl: () => Promise<string>): void {
  test('of two processes that put over the same rating one wins, and the winners follow each other', async () => {
    const url = await createUrl()
    await using store = await openRatingStore(url, { rules })
    const args = [url, `${putCount}`]
    await using stack = new AsyncDisposableStack()
    const writers = [
      stack.use(await spawnProgram({ runtime: 'bun', entry, args })),
      stack.use(await spawnProgram({ runtime: 'bun', entry, args })),
    ]
    for (const writer of writers) await writer.waitForLine(/^ready$/m, 60_000)
    await store.put([rating('ann', 5, movie('go'))])
    for (const writer of writers) await writer.waitForLine(/^done/m, 60_000)
    const won = writers.flatMap(editsOf)
    expect(won).toHaveLength(2 * putCount)
    expectLinearChain(won, (await store.get(alien, 'ann'))?.revision)
    expect((await store.aggregate(alien))?.count).toBe(1)
  }, 180_000)
}

function editsOf(writer: Program): { before: number | undefined; after: number | undefined }[] {
  const lines = writer.stdout().matchAll(/^\{.*\}$/gm)
  return Array.from(lines, ([line]) => {
    const { before, after } = JSON.parse(line)
    return { before, after }
  })
}
