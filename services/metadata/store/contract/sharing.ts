import { expect, test } from 'bun:test'
import type { MetadataStore } from '../port.ts'
import { movie, remove } from './fixtures.ts'

/** Opens a store on a database. A durable store finds there what an earlier one has saved. */
export type OpenMetadataStore = (options: {
  clock: () => number
  deletedCountMax?: number
}) => Promise<MetadataStore>

/** Declares the tests of several stores that are open on one database. */
export function describeSharing(createDatabase: () => OpenMetadataStore): void {
  test('two stores see each other’s writes, and share one sequence of revisions', async () => {
    const open = createDatabase()
    await using first = await open({ clock: () => 2_000 })
    await using second = await open({ clock: () => 1_000 })
    const revisions: number[] = []
    for (let round = 0; round < 10; round++) {
      const [writer, reader] = round % 2 === 0 ? [first, second] : [second, first]
      await writer.put([movie('1', `Round ${round}`)])
      const [only] = (await reader.list({ limit: 10 })).movies
      expect(only?.title).toBe(`Round ${round}`)
      revisions.push(await reader.revision())
    }
    expect(revisions.toSorted((a, b) => a - b)).toEqual(revisions)
    expect(new Set(revisions).size).toBe(10)
    expect(await remove(second, '1')).toBe(true)
    expect(await remove(first, '1')).toBe(false)
  })

  test('two stores put and delete the same movies concurrently', async () => {
    const open = createDatabase()
    await using first = await open({ clock: Date.now })
    await using second = await open({ clock: Date.now })
    const ids = Array.from({ length: 20 }, (_, index) => `${index}`)
    const one = ids.map((id) => movie(id, `One ${id}`))
    const other = ids.toReversed().map((id) => movie(id, `Other ${id}`))
    const outcomes: string[] = []
    let deleted = 0
    for (let round = 0; round < 5; round++) {
      const puts = [first.put(one), second.put(other)]
      const deletes = ids.map((id, index) => remove(index % 2 === 0 ? first : second, id))
      outcomes.push(...(await Promise.all(puts)).flat())
      deleted += (await Promise.all(deletes)).filter(Boolean).length
    }
    const left = (await first.list({ limit: 100 })).movies
    const created = outcomes.filter((outcome) => outcome === 'created').length
    expect(created - deleted).toBe(left.length)
    expect((await second.list({ limit: 100 })).movies).toEqual(left)
  })
}
