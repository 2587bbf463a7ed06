import { expect, test } from 'bun:test'
import { createBrowserStorage } from '../browser-storage.ts'
import { createCallHistory, type HistoryEntry } from './history.ts'

const entry = (timeMs: number, text = '{}'): HistoryEntry => ({
  path: '/try/rating.v1.RatingService/PutRating',
  name: 'PutRating',
  code: 'ok',
  durationMs: 3,
  timeMs,
  text,
})

/** Without `localStorage`, the storage keeps texts in memory. */
const openStorage = () => createBrowserStorage({} as Window)

test('the history keeps the last 50 calls, the newest first', () => {
  const storage = openStorage()
  const history = createCallHistory(storage)
  for (let n = 1; n <= 60; n++) history.add(entry(n))
  const times = createCallHistory(storage).entries.value.map(({ timeMs }) => timeMs)
  expect(times).toHaveLength(50)
  expect(times[0]).toBe(60)
  history.clear()
  expect(createCallHistory(storage).entries.value).toEqual([])
})

test('a long request is not kept', () => {
  const history = createCallHistory(openStorage())
  history.add(entry(1, 'x'.repeat(20_001)))
  expect(history.entries.value).toEqual([])
})

test('calls of another tab are kept', () => {
  const storage = openStorage()
  const [one, other] = [createCallHistory(storage), createCallHistory(storage)]
  one.add(entry(1))
  other.add(entry(2))
  expect(other.entries.value.map(({ timeMs }) => timeMs)).toEqual([2, 1])
})

test('what is no history is ignored', () => {
  const storage = openStorage()
  for (const text of ['', '{', '3', '[null,{"path":"/try/a"}]', '[{"path":"//elsewhere"}]']) {
    storage.set('marquee.try.history', text)
    expect(createCallHistory(storage).entries.value).toEqual([])
  }
})
