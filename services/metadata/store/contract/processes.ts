import { expect, test } from 'bun:test'
import { expectLinearChain } from '@marquee/testing/linear-chain'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { openMetadataStore } from '../open.ts'
import { movie } from './fixtures.ts'

const entry = 'services/metadata/store/contract/conditional-writer.ts'
/** Number of edits that take place, by both processes together. */
const editCount = 200

/** Declares the test of two processes that write to one database. */
export function describeProcesses(createUrl: () => Promise<string>): void {
  test('of two processes that edit the same version one wins, and the winners follow each other', async () => {
    const url = await createUrl()
    await using store = await openMetadataStore(url)
    const args = [url, `${editCount}`]
    await using stack = new AsyncDisposableStack()
    const writers = [
      stack.use(await spawnProgram({ runtime: 'bun', entry, args })),
      stack.use(await spawnProgram({ runtime: 'bun', entry, args })),
    ]
    for (const writer of writers) await writer.waitForLine(/^ready$/m, 60_000)
    await store.put([movie('go')])
    for (const writer of writers) await writer.waitForLine(/^done/m, 60_000)
    const shared = await store.get('shared')
    expect(shared?.runningTimeMinutes).toBe(editCount)
    const won = writers.flatMap(editsOf)
    expect(won).toHaveLength(editCount)
    expectLinearChain(won, shared?.revision)
  }, 180_000)
}

function editsOf(writer: Program): { before: number | undefined; after: number | undefined }[] {
  const lines = writer.stdout().matchAll(/^\{.*\}$/gm)
  return Array.from(lines, ([line]) => {
    const { before, after } = JSON.parse(line)
    return { before, after }
  })
}
