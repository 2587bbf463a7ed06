import { expect, test } from 'bun:test'
import { fakeExchange } from '@marquee/testing/fake-exchange'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import type { Route } from './port.ts'
import { type Waiting, WaitingQueue } from './waiting-queue.ts'

const route: Route = { name: 'a/B', kind: 'unary', isMeasured: true, baselineMs: 0, isBrief: false }
const [one, two, three] = [{}, {}, {}]

function queueOf(...calls: readonly (readonly [name: string, caller: object, sinceMs: number])[]) {
  const queue = new WaitingQueue()
  for (const [name, caller, sinceMs] of calls) {
    queue.add(fakeExchange({ target: name }), route, sinceMs, caller)
  }
  return queue
}

function drain(take: () => Waiting | undefined): string[] {
  const names: string[] = []
  for (let next = take(); next !== undefined; next = take()) names.push(next.exchange.target)
  return names
}

test('without overload callers are served in turn, each in its order', () => {
  const queue = queueOf(
    ['a1', one, 0],
    ['a2', one, 0],
    ['a3', one, 0],
    ['b1', two, 1],
    ['c1', three, 2],
  )
  expect(drain(() => queue.takeOldest())).toEqual(['a1', 'b1', 'c1', 'a2', 'a3'])
  expect(queue.size).toBe(0)
})

test('with overload the newest call of the newest caller comes first', () => {
  const queue = queueOf(['a1', one, 0], ['a2', one, 1], ['b1', two, 2], ['c1', three, 3])
  expect(drain(() => queue.takeNewest())).toEqual(['c1', 'b1', 'a2', 'a1'])
})

test('a caller that waits among ever new ones has one start in four', () => {
  const queue = queueOf(['own', one, 0], ['own', one, 0])
  const starts: string[] = []
  for (let round = 0; round < 8; round++) {
    queue.add(fakeExchange({ target: 'new' }), route, round, {})
    queue.add(fakeExchange({ target: 'new' }), route, round, {})
    starts.push(queue.takeNewest()?.exchange.target ?? '')
  }
  expect(starts.indexOf('own')).toBeLessThan(4)
})

test('a caller with many calls does not keep another from being served', () => {
  const queue = queueOf(['other', two, 0])
  for (let index = 0; index < 1_000; index++)
    queue.add(fakeExchange({ target: 'many' }), route, 1, one)
  const starts = [queue.takeNewest(), queue.takeNewest(), queue.takeNewest(), queue.takeNewest()]
  expect(starts.map((start) => start?.exchange.target)).toContain('other')
})

test('those that have waited since a time are taken oldest first, and no others', () => {
  const queue = queueOf(['a1', one, 0], ['b1', two, 1], ['a2', one, 2], ['b2', two, 3])
  queue.takeNewest()
  expect(queue.oldestSinceMs).toBe(0)
  expect(drain(() => queue.takeSince(2))).toEqual(['a1', 'b1', 'a2'])
  expect(queue.size).toBe(0)
})

test('what was taken leaves nothing behind, in whatever order it was', () => {
  const queue = new WaitingQueue()
  for (let index = 0; index < 20_000; index++) {
    queue.add(fakeExchange({ target: String(index) }), route, index, index % 3 === 0 ? one : {})
    if (index % 2 === 0) queue.takeNewest()
    else queue.takeSince(index - 50)
  }
  const sizeBefore = queue.size
  expect(drain(() => queue.takeOldest())).toHaveLength(sizeBefore)
  expect(queue.takeOldest()).toBeUndefined()
  expect(queue.takeNewest()).toBeUndefined()
  expect(queue.takeSince(Number.POSITIVE_INFINITY)).toBeUndefined()
})

alsoOnDenoAndNode(import.meta.filename)
