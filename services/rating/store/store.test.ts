import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ratingStoreContract } from './contract.ts'
import { createMemoryRatingStore } from './memory.ts'
import { openRatingStore } from './open.ts'
import { createSqliteRatingStore } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'marquee-rating-'))
afterAll(() => rmSync(folder, { recursive: true }))

let databases = 0
const newPath = () => join(folder, `${databases++}.db`)

ratingStoreContract('memory', () => async (options) => createMemoryRatingStore(options))

ratingStoreContract('sqlite', () => {
  const path = newPath()
  return async (options) => createSqliteRatingStore({ ...options, path })
})

const prior = { mean: 3, weight: 10 }
const record = { recordType: 'movie', recordId: '1' }

describe('two rating stores on one SQLite file', () => {
  test('count together, and tell one row of revisions', async () => {
    const path = newPath()
    await using first = createSqliteRatingStore({ path, prior, clock: () => 2_000 })
    await using second = createSqliteRatingStore({ path, prior, clock: () => 1_000 })
    const revisions: number[] = []
    for (let round = 0; round < 20; round++) {
      const [writer, reader] = round % 2 === 0 ? [first, second] : [second, first]
      await writer.put([{ ...record, userId: `user${round}`, value: (round % 5) + 1 }])
      expect((await reader.aggregate(record))?.count).toBe(round + 1)
      revisions.push(await reader.revision())
    }
    expect((await first.aggregate(record))?.histogram).toEqual([4, 4, 4, 4, 4])
    expect(revisions.toSorted((a, b) => a - b)).toEqual(revisions)
    expect(new Set(revisions).size).toBe(20)
  })

  test('apply the events of a partition once between them', async () => {
    const path = newPath()
    await using first = createSqliteRatingStore({ path, prior })
    await using second = createSqliteRatingStore({ path, prior })
    const positions: (number | undefined)[] = [undefined, undefined]
    while (positions.some((position) => position !== 50)) {
      for (const [index, store] of [first, second].entries()) {
        const expectedPosition = positions[index]
        const offset = expectedPosition ?? 0
        if (offset === 50) continue
        positions[index] = await store.apply({
          topic: 'ratings',
          partition: 0,
          expectedPosition,
          nextPosition: offset + 1,
          changes: [{ ...record, kind: 'put', userId: `${index}-${offset}`, value: 3 }],
        })
      }
    }
    expect((await second.aggregate(record))?.count).toBe(50)
  })
})

describe('openRatingStore', () => {
  test('opens memory', async () => {
    await using store = await openRatingStore('memory:', { prior })
    expect(store.durable).toBe(false)
  })

  test('opens an SQLite file, making its folder', async () => {
    const path = join(folder, 'new/deep/rating.db')
    await using store = await openRatingStore(`sqlite:${path}`, { prior })
    expect(store.durable).toBe(true)
    expect(existsSync(path)).toBe(true)
  })

  test('says what it accepts', async () => {
    const error = await openRatingStore('postgres://host/db', { prior }).catch((error) => error)
    expect(String(error)).toBe(
      'Error: the database must be "memory:" or "sqlite:" and the path of a file, not "postgres://…"',
    )
  })
})
