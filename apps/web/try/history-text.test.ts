import { expect, test } from 'bun:test'
import { placeSummary, requestSummary, timeText } from './history-text.ts'

test.each([
  ['{}', 'Empty request'],
  ['{"movieId": "alien-1979"}', 'alien-1979'],
  ['{"recordId":"1","userId":"ann","value":4.5}', '1 · ann · value 4.5'],
  ['{"query":"","order":"ORDER_TITLE","pageSize":3}', 'ORDER_TITLE · pageSize 3'],
  ['{"metadata":{"id":"a","genres":["Drama","War"]}}', 'a · 2 genres · Drama · War'],
  ['[{"metadata":{"id":"a"}},{"metadata":{"id":"b"}}]', '2 messages · a · b'],
  ['{ not  JSON', '{ not JSON'],
])('a request is told from others by its values: %s', (text, summary) => {
  expect(requestSummary(text)).toBe(summary)
})

test('the summary of a large request is short', () => {
  const ids = Array.from({ length: 500 }, (_, index) => `movie-${index}`)
  expect(requestSummary(JSON.stringify({ movieIds: ids }))).toHaveLength(120)
})

test('a call of what every service has says where it was made', () => {
  expect(placeSummary('/try/rating.v1.RatingService/PutRating')).toBe('')
  expect(placeSummary('/try/grpc.health.v1.Health/Check?at=rating')).toBe('at rating')
  const path = '/try/grpc.health.v1.Health/Check?at=rating&instance=rating-2'
  expect(placeSummary(path)).toBe('at rating, rating-2')
})

test('a call of today has its time to the second, an earlier one its day, too', () => {
  const time = new Date(2026, 10, 30, 9, 5, 7)
  const later = new Date(2026, 10, 30, 23, 59, 0)
  expect(timeText(time.getTime(), later.getTime())).toBe('09:05:07')
  const tomorrow = new Date(2026, 11, 1, 0, 0, 1)
  expect(timeText(time.getTime(), tomorrow.getTime())).toBe('Nov 30, 09:05:07')
})
