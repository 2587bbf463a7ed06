import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Instance } from '../port.ts'
import { createSnapshot } from './snapshot.ts'

const graceMs = 1_000
const a: Instance = { id: 'a', url: 'http://10.0.0.1:1' }
const b: Instance = { id: 'b', url: 'http://10.0.0.2:1' }
const c: Instance = { id: 'c', url: 'http://10.0.0.3:1' }

function setUp(...found: Instance[]) {
  const time = { nowMs: 0 }
  const snapshot = createSnapshot({ graceMs, clock: () => time.nowMs })
  snapshot.accept(found)
  const ids = () => snapshot.instances.map(({ id }) => id)
  return { time, snapshot, ids }
}

describe('a snapshot of instances in Consul', () => {
  test('a snapshot shows the instances of a response, and every change immediately', () => {
    const { snapshot } = setUp(b, a)
    expect(snapshot.instances).toEqual([a, b])
    const moved = { ...b, url: 'http://10.0.0.9:1' }
    snapshot.accept([c, moved])
    expect(snapshot.instances).toEqual([moved, c])
  })

  test('a snapshot is the same array as long as nothing changes', () => {
    const { snapshot } = setUp(a, b)
    const before = snapshot.instances
    snapshot.accept([{ ...b }, { ...a }])
    expect(snapshot.instances).toBe(before)
    snapshot.accept([a])
    expect(before).toEqual([a, b])
  })

  test('a snapshot keeps its instances for the grace period when a response is empty', () => {
    const { time, snapshot, ids } = setUp(a, b)
    snapshot.accept([])
    expect(snapshot.graceLeftMs()).toBe(graceMs)
    time.nowMs = graceMs - 1
    snapshot.accept([])
    expect(ids()).toEqual(['a', 'b'])
    time.nowMs = graceMs
    snapshot.accept([])
    expect(ids()).toEqual([])
    expect(snapshot.graceLeftMs()).toBeUndefined()
  })

  test('an empty snapshot has no grace period', () => {
    const { snapshot } = setUp()
    snapshot.accept([])
    expect(snapshot.graceLeftMs()).toBeUndefined()
  })

  test('a snapshot keeps instances that register again with a restarted Consul, and drops the others', () => {
    const { time, snapshot, ids } = setUp(a, b, c)
    snapshot.interrupt()
    snapshot.accept([a])
    expect(ids()).toEqual(['a', 'b', 'c'])
    snapshot.accept([a, b])
    expect(ids()).toEqual(['a', 'b', 'c'])
    time.nowMs = graceMs
    snapshot.accept([a, b])
    expect(ids()).toEqual(['a', 'b'])
  })

  test('a snapshot drops an instance immediately that was found after the interruption and then left', () => {
    const { snapshot, ids } = setUp(a, b)
    snapshot.interrupt()
    snapshot.accept([a])
    snapshot.accept([a, b])
    snapshot.accept([a])
    expect(ids()).toEqual(['a'])
  })

  test('a snapshot drops an instance that left, even when Consul is interrupted again and again', () => {
    const { time, snapshot, ids } = setUp(a, b)
    for (time.nowMs = 0; time.nowMs < graceMs; time.nowMs += graceMs / 4) {
      snapshot.interrupt()
      snapshot.accept([a])
      expect(ids()).toEqual(['a', 'b'])
    }
    snapshot.interrupt()
    snapshot.accept([a])
    expect(ids()).toEqual(['a'])
  })

  test('a snapshot keeps each instance for a grace period of its own', () => {
    const { time, snapshot, ids } = setUp(a, b)
    snapshot.interrupt()
    snapshot.accept([a])
    time.nowMs = graceMs - 1
    snapshot.interrupt()
    snapshot.accept([])
    expect(snapshot.graceLeftMs()).toBe(1)
    time.nowMs = graceMs
    snapshot.accept([])
    expect(ids()).toEqual(['a'])
    expect(snapshot.graceLeftMs()).toBe(graceMs - 1)
  })

  test('a snapshot shows every found instance, no other, and exactly a response that repeats after the grace period', () => {
    const step = fc.record({
      isInterrupted: fc.boolean(),
      found: fc.subarray([a, b, c]),
      passedMs: fc.nat(2 * graceMs),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.subarray([a, b, c]), (steps, last) => {
        const { time, snapshot, ids } = setUp()
        const seen = new Set<string>()
        for (const { isInterrupted, found, passedMs } of steps) {
          time.nowMs += passedMs
          if (isInterrupted) snapshot.interrupt()
          snapshot.accept(found)
          for (const { id } of found) seen.add(id)
          expect(ids()).toEqual(expect.arrayContaining(found.map(({ id }) => id)))
          expect(ids().every((id) => seen.has(id))).toBe(true)
          expect(new Set(ids()).size).toBe(ids().length)
        }
        snapshot.accept(last)
        time.nowMs += graceMs
        snapshot.accept(last)
        expect(snapshot.instances).toEqual(last)
      }),
    )
  })
})
