import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Instance } from '../resolver.ts'
import { createBalancer, ejectionMs, ejectionMsMax, type Outcome, type Picked } from './balancer.ts'

const a: Instance = { id: 'a', url: 'http://127.0.0.1:1' }
const b: Instance = { id: 'b', url: 'http://127.0.0.1:2' }

function setUp(instances: readonly Instance[]) {
  const watch = { instances, [Symbol.dispose]() {} }
  const time = { nowMs: 0 }
  const drained: string[] = []
  const balancer = createBalancer({
    watch,
    clock: () => time.nowMs,
    onDrained: ({ id }) => drained.push(id),
  })
  const pick = (avoid?: readonly Instance[]): Picked => {
    const picked = balancer.pick(new Set(avoid))
    if (!picked) throw new Error('nothing to pick')
    return picked
  }
  const call = (outcome: Outcome, avoid?: readonly Instance[]): string => {
    const picked = pick(avoid)
    picked.done(outcome)
    return picked.instance.id
  }
  const ids = (count: number) => new Set(Array.from({ length: count }, () => call('unknown')))
  return { watch, time, drained, balancer, pick, call, ids }
}

/** Fails `a` alone, until it is ejected. */
function ejectA({ call }: ReturnType<typeof setUp>): void {
  for (let failure = 0; failure < 3; failure++) call('failure', [b])
}

describe('balancer', () => {
  test('the balancer picks nothing when no instance is known', () => {
    expect(setUp([]).balancer.pick()).toBeUndefined()
  })

  test('calls in flight are spread evenly over two instances', () => {
    const { pick } = setUp([a, b])
    const counts = { a: 0, b: 0 }
    for (let index = 0; index < 100; index++) counts[pick().instance.id as 'a' | 'b']++
    expect(counts).toEqual({ a: 50, b: 50 })
  })

  test('the balancer picks an instance outside of those to avoid, if there is one', () => {
    const { call } = setUp([a, b])
    expect(call('success', [a])).toBe('b')
    expect(['a', 'b']).toContain(call('success', [a, b]))
  })

  test('an instance that is named is picked though it is ejected, and no other is in its place', () => {
    const state = setUp([a, b])
    ejectA(state)
    const picked = state.balancer.pickNamed('a')
    expect(picked?.instance).toBe(a)
    picked?.done('success')
    expect(state.ids(100)).toEqual(new Set(['a', 'b']))
    state.watch.instances = [b]
    expect(state.balancer.pickNamed('a')).toBeUndefined()
  })

  test('two failures in a row eject no instance, and a success between them resets the count', () => {
    const { call, ids } = setUp([a, b])
    for (const outcome of ['failure', 'failure', 'success', 'failure', 'failure'] as const) {
      call(outcome, [b])
    }
    expect(ids(100)).toEqual(new Set(['a', 'b']))
  })

  test('an instance that failed three times in a row gets no calls until its ejection ends', () => {
    const state = setUp([a, b])
    ejectA(state)
    state.time.nowMs = ejectionMs - 1
    expect(state.ids(100)).toEqual(new Set(['b']))
  })

  test('one call probes an ejected instance, and its success restores the instance', () => {
    const state = setUp([a, b])
    ejectA(state)
    state.time.nowMs = ejectionMs
    const probe = state.pick()
    expect(probe.instance.id).toBe('a')
    expect(state.ids(100)).toEqual(new Set(['b']))
    probe.done('success')
    expect(state.ids(100)).toEqual(new Set(['a', 'b']))
  })

  test('a stream that has got a response ends the probe while it continues', () => {
    const state = setUp([a, b])
    ejectA(state)
    state.time.nowMs = ejectionMs
    state.pick().responded()
    state.pick([a])
    expect(state.ids(100)).toEqual(new Set(['a', 'b']))
  })

  test('a cancelled probe is followed by another', () => {
    const state = setUp([a, b])
    ejectA(state)
    state.time.nowMs = ejectionMs
    expect(state.call('unknown')).toBe('a')
    expect(state.pick().instance.id).toBe('a')
  })

  test('each failed probe doubles the ejection, up to a bound', () => {
    const state = setUp([a, b])
    ejectA(state)
    let durationMs = ejectionMs
    for (let probe = 0; probe < 8; probe++) {
      state.time.nowMs += durationMs - 1
      expect(state.call('success')).toBe('b')
      state.time.nowMs += 1
      expect(state.call('failure')).toBe('a')
      durationMs = Math.min(durationMs * 2, ejectionMsMax)
    }
  })

  test('calls that fail together eject an instance once', () => {
    const state = setUp([a, b])
    const lost = Array.from({ length: 50 }, () => state.pick([b]))
    for (const picked of lost) picked.done('failure')
    state.time.nowMs = ejectionMs
    expect(state.pick().instance.id).toBe('a')
  })

  test('calls use instances that are all ejected', () => {
    const state = setUp([a])
    for (let failure = 0; failure < 10; failure++) expect(state.call('failure')).toBe('a')
  })

  test('an instance that left gets no new calls and is drained after its last call', () => {
    const { watch, pick, drained, ids } = setUp([a, b])
    const picked = pick([b])
    watch.instances = [b]
    expect(ids(20)).toEqual(new Set(['b']))
    expect(drained).toEqual([])
    picked.done('success')
    picked.done('success')
    expect(drained).toEqual(['a'])
  })

  test('an instance that returns while it drains stays the same object', () => {
    const { watch, pick, drained, ids } = setUp([a, b])
    const picked = pick([b])
    watch.instances = [b]
    ids(1)
    watch.instances = [{ ...a }, b]
    expect(pick([b]).instance).toBe(picked.instance)
    picked.done('success')
    expect(drained).toEqual([])
  })

  test('an id that returns at another address is another instance', () => {
    const { watch, call, pick, drained } = setUp([a])
    call('success')
    watch.instances = [{ ...a, url: 'http://127.0.0.1:9' }]
    expect(pick().instance.url).toBe('http://127.0.0.1:9')
    expect(drained).toEqual(['a'])
  })

  test('the balancer picks a registered instance after any history, and drains each that left once', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('call' as const) }),
      fc.record({
        kind: fc.constant('end' as const),
        outcome: fc.constantFrom<Outcome>('success', 'failure', 'unknown'),
      }),
      fc.record({ kind: fc.constant('wait' as const), durationMs: fc.nat(5_000) }),
      fc.record({ kind: fc.constant('change' as const), ids: fc.subarray(['a', 'b', 'c']) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const state = setUp([a, b])
        const open: Picked[] = []
        for (const next of steps) {
          if (next.kind === 'wait') state.time.nowMs += next.durationMs
          if (next.kind === 'end') open.shift()?.done(next.outcome)
          if (next.kind === 'change') {
            state.watch.instances = next.ids.map((id) => ({ id, url: 'http://127.0.0.1:1' }))
          }
          if (next.kind !== 'call') continue
          const picked = state.balancer.pick()
          const present = state.watch.instances.map(({ id }) => id)
          if (picked) open.push(picked)
          expect(picked ? present.includes(picked.instance.id) : present.length === 0).toBe(true)
        }
        state.watch.instances = []
        state.drained.length = 0
        const remaining = new Set(open.map(({ instance }) => keyOf(instance)))
        state.balancer.pick()
        const drainedAtOnce = state.drained.length
        for (const picked of open) picked.done('unknown')
        expect(state.drained.length - drainedAtOnce).toBe(remaining.size)
      }),
    )
  })
})

function keyOf({ id, url }: Instance): string {
  return `${id} ${url}`
}
