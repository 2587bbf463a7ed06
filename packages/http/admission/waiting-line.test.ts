import { expect, test } from 'bun:test'
import { fakeExchange } from '@marquee/testing/fake-exchange'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import type { Route } from './port.ts'
import { type Waiting, WaitingLine } from './waiting-line.ts'

const route: Route = { name: 'a/B', kind: 'unary', isMeasured: true, baselineMs: 0, isBrief: false }
const [one, two, three] = [{}, {}, {}]

function lineOf(...calls: readonly (readonly [name: string, caller: object, sinceMs: number])[]) {
  const line = new WaitingLine()
  for (const [name, caller, sinceMs] of calls) {
    line.add(fakeExchange({ target: name }), route, sinceMs, caller)
  }
  return line
}

function drain(take: () => Waiting | undefined): string[] {
  const names: string[] = []
  for (let next = take(); next !== undefined; next = take()) names.push(next.exchange.target)
  return names
}

test('without overload callers are served in turns, each in its order', () => {
  const line = lineOf(
    ['a1', one, 0],
    ['a2', one, 0],
    ['a3', one, 0],
    ['b1', two, 1],
    ['c1', three, 2],
  )
  expect(drain(() => line.takeOldest())).toEqual(['a1', 'b1', 'c1', 'a2', 'a3'])
  expect(line.size).toBe(0)
})

test('with overload the newest call of the newest caller comes first', () => {
  const line = lineOf(['a1', one, 0], ['a2', one, 1], ['b1', two, 2], ['c1', three, 3])
  expect(drain(() => line.takeNewest())).toEqual(['c1', 'b1', 'a2', 'a1'])
})

test('a caller that waits among ever new ones has one start in four', () => {
  const line = lineOf(['own', one, 0], ['own', one, 0])
  const starts: string[] = []
  for (let round = 0; round < 8; round++) {
    line.add(fakeExchange({ target: 'new' }), route, round, {})
    line.add(fakeExchange({ target: 'new' }), route, round, {})
    starts.push(line.takeNewest()?.exchange.target ?? '')
  }
  expect(starts.indexOf('own')).toBeLessThan(4)
})

test('a caller with many calls does not keep another from being served', () => {
  const line = lineOf(['other', two, 0])
  for (let index = 0; index < 1_000; index++)
    line.add(fakeExchange({ target: 'many' }), route, 1, one)
  const starts = [line.takeNewest(), line.takeNewest(), line.takeNewest(), line.takeNewest()]
  expect(starts.map((start) => start?.exchange.target)).toContain('other')
})

test('those that have waited since a time are taken oldest first, and no others', () => {
  const line = lineOf(['a1', one, 0], ['b1', two, 1], ['a2', one, 2], ['b2', two, 3])
  line.takeNewest()
  expect(line.oldestSinceMs).toBe(0)
  expect(drain(() => line.takeSince(2))).toEqual(['a1', 'b1', 'a2'])
  expect(line.size).toBe(0)
})

test('what was taken leaves nothing behind, in whatever order it was', () => {
  const line = new WaitingLine()
  for (let index = 0; index < 20_000; index++) {
    line.add(fakeExchange({ target: String(index) }), route, index, index % 3 === 0 ? one : {})
    if (index % 2 === 0) line.takeNewest()
    else line.takeSince(index - 50)
  }
  const sizeBefore = line.size
  expect(drain(() => line.takeOldest())).toHaveLength(sizeBefore)
  expect(line.takeOldest()).toBeUndefined()
  expect(line.takeNewest()).toBeUndefined()
  expect(line.takeSince(Number.POSITIVE_INFINITY)).toBeUndefined()
})

alsoOnDenoAndNode(import.meta.filename)
