import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { deleteRecordRatings, deletionLimits } from './delete-record-ratings.ts'
import { defaultRules } from './scoring.ts'
import { createMemoryRatingStore } from './store/memory.ts'

alsoOnDenoAndNode(import.meta.filename)

const { ratingsMax, writeSizeMax } = deletionLimits
const record = { recordType: 'movie', recordId: 'alien' }
const { signal } = new AbortController()

async function openRated(count: number) {
  const store = createMemoryRatingStore({ rules: defaultRules })
  const users = Array.from({ length: count }, (_, index) => `user-${index}`)
  await store.put(users.map((userId) => ({ ...record, userId, value: 3 })))
  return store
}

test('a call deletes a bounded number of ratings in bounded writes, and the next one continues', async () => {
  await using store = await openRated(ratingsMax + 1)
  let writeCount = 0
  store.onChange(() => {
    writeCount++
  })
  const first = await deleteRecordRatings(store, record, signal)
  expect(first).toEqual({ deletedCount: ratingsMax, areLeft: true })
  expect(writeCount).toBe(ratingsMax / writeSizeMax)
  expect((await store.aggregate(record))?.count).toBe(1)
  const second = await deleteRecordRatings(store, record, signal)
  expect(second).toEqual({ deletedCount: 1, areLeft: false })
  expect(await store.aggregate(record)).toBeUndefined()
  expect(await deleteRecordRatings(store, record, signal)).toEqual({
    deletedCount: 0,
    areLeft: false,
  })
})

test('a caller that leaves keeps what is deleted, and a repeated call continues', async () => {
  await using store = await openRated(3 * writeSizeMax)
  const leaving = new AbortController()
  store.onChange(() => leaving.abort())
  const failure = await deleteRecordRatings(store, record, leaving.signal).catch((error) => error)
  expect(failure.name).toBe('AbortError')
  expect((await store.aggregate(record))?.count).toBe(2 * writeSizeMax)
  const rest = await deleteRecordRatings(store, record, signal)
  expect(rest).toEqual({ deletedCount: 2 * writeSizeMax, areLeft: false })
})
