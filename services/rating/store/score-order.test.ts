import { expect, test } from 'bun:test'
import { type Aggregate, aggregateOf } from '../rating.ts'
import { movie, rules } from './contract/fixtures.ts'
import { createScoreOrder } from './score-order.ts'

test('thousands of aggregates stay in order, across chunks, while they are added and removed', () => {
  const order = createScoreOrder()
  const count = 5_000
  const numbers = Array.from({ length: count }, (_, number) => (number * 7_919) % count)
  for (const number of numbers) order.add(aggregate(number))
  const sorted = numbers.toSorted((a, b) => scoreOf(b) - scoreOf(a) || a - b)
  expect(order.after(undefined, count + 1).map(numberOf)).toEqual(sorted)
  for (const [place, number] of sorted.entries()) {
    if (place % 97 !== 0) continue
    const following = order.after(aggregate(number), 700).map(numberOf)
    expect(following).toEqual(sorted.slice(place + 1, place + 701))
  }
  const kept = sorted.filter((number) => number % 3 === 0)
  for (const number of sorted) if (number % 3 !== 0) order.remove(aggregate(number))
  order.remove(aggregate(1))
  expect(order.after(undefined, count).map(numberOf)).toEqual(kept)
  for (const number of kept) order.remove(aggregate(number))
  expect(order.isEmpty()).toBe(true)
  expect(order.after(undefined, 1)).toEqual([])
})

const idStart = 10_000

function aggregate(number: number): Aggregate {
  const histogram = [0, 0, number % 4, 0, 1] as const
  return aggregateOf(movie(`${idStart + number}`), histogram, rules.others, {
    revision: 1,
    updateTimeMs: 0,
  })
}

function scoreOf(number: number): number {
  return aggregate(number).bayesianScore
}

function numberOf({ recordId }: Aggregate): number {
  return Number(recordId) - idStart
}
