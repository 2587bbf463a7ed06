import { expect, test } from 'bun:test'
import { wordsOf } from './method-name.tsx'

test('the name of a method has its words, and nothing is lost', () => {
  expect(wordsOf('WatchAggregatedRatings')).toEqual(['Watch', 'Aggregated', 'Ratings'])
  expect(wordsOf('ServerReflectionInfo').join('')).toBe('ServerReflectionInfo')
  expect(wordsOf('Check')).toEqual(['Check'])
})
