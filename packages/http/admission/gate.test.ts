import { expect, test } from 'bun:test'
import { type FakeExchange, fakeExchange } from '@marquee/testing/fake-exchange'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { Gate } from './gate.ts'
import { type AdmissionLimits, admissionLimits } from './limits.ts'
import type { Admitted, CallKind, RefusalReason, Route } from './port.ts'

/**
 * A gate whose clock and ticks the test moves, in front of calls that take the event loop for some
 * time each.
 */
function setUp(callMs: number, limits: Partial<AdmissionLimits> = {}) {
  let nowMs = 0
  let scheduled: (() => void)[] = []
  const timers: { atMs: number; act: () => void }[] = []
  const kinds: CallKind[] = ['probe', 'stream', 'unary']
  const routes = new Map(
    kinds.map((kind): [string, Route] => [
      `/${kind}`,
      { name: kind, kind, isMeasured: true, baselineMs: 0, isBrief: false },
    ]),
  )
  const started: { exchange: FakeExchange; waitedMs: number }[] = []
  const refused: { exchange: FakeExchange; reason: RefusalReason }[] = []
  const pending: Admitted[] = []
  const state = { isAsync: false, isBrief: false }
  const gate = new Gate({
    limits: { ...admissionLimits, ...limits },
    now: () => nowMs,
    busyMs: () => nowMs,
    later: (act) => void scheduled.push(act),
    after: (ms, act) => void timers.push({ atMs: nowMs + ms, act }),
    calls: {
      route: ({ target }) => routes.get(target) as Route,
      callerOf: ({ connection }) => connection,
      timeoutMs: ({ headers }) => (headers.length > 0 ? Number(headers[1]) : undefined),
      refuse: (exchange, _, reason) =>
        void refused.push({ exchange: exchange as FakeExchange, reason }),
    },
  })
  const respond = gate.open((exchange, admitted, waitedMs) => {
    started.push({ exchange: exchange as FakeExchange, waitedMs })
    if (exchange.target !== '/probe') nowMs += callMs
    if (state.isAsync || state.isBrief) pending.push(admitted)
    else admitted.finished()
  })
  return {
    gate,
    started,
    refused,
    pending,
    state,
    send(target = '/unary', timeoutMs?: number, connection?: object): FakeExchange {
      const headers = timeoutMs === undefined ? [] : ['timeout', String(timeoutMs)]
      const exchange = fakeExchange({ target, headers, ...(connection && { connection }) })
      respond(exchange)
      return exchange
    },
    /** One tick of the event loop. */
    tick(passedMs = 0) {
      nowMs += passedMs
      for (const timer of timers.splice(0)) {
        if (timer.atMs <= nowMs) timer.act()
        else timers.push(timer)
      }
      const acts = scheduled
      scheduled = []
      for (const act of acts) {
        act()
        // As the microtasks of calls that wait for nothing do.
        if (state.isBrief) for (const admitted of pending.splice(0)) admitted.finished()
      }
    },
    now: () => nowMs,
  }
}

test('calls of one tick start in order, and nothing is refused while they fit', () => {
  const { send, tick, started, refused } = setUp(0.01)
  const sent = Array.from({ length: 40 }, () => send())
  tick()
  expect(started.map(({ exchange }) => exchange)).toEqual(sent)
  expect(started.every(({ waitedMs }) => waitedMs === 0)).toBe(true)
  expect(refused).toEqual([])
})

test('calls that take long leave the tick after a slice, and go on in the next', () => {
  const { send, tick, started, refused } = setUp(3)
  for (let index = 0; index < 20; index++) send()
  for (let ticks = 0; started.length < 20; ticks++) {
    const before = started.length
    tick()
    // Until their cost is known, the clock is looked at every few calls.
    if (ticks > 3) expect(started.length - before).toBeLessThanOrEqual(2)
  }
  expect(refused).toEqual([])
})

test('a probe starts at once, however many calls wait', () => {
  const { send, tick, started } = setUp(3)
  for (let index = 0; index < 500; index++) send()
  for (let ticks = 0; ticks < 10; ticks++) tick()
  const probe = send('/probe')
  tick()
  expect(started.some(({ exchange }) => exchange === probe)).toBe(true)
})

test('probes beyond their allowance wait, and none is refused', () => {
  const { send, tick, started, refused } = setUp(3, { probes: { burst: 2, perSecond: 0 } })
  for (let index = 0; index < 100; index++) send()
  const probes = Array.from({ length: 500 }, () => send('/probe'))
  tick()
  const startedCount = () =>
    probes.filter((probe) => started.some(({ exchange }) => exchange === probe)).length
  expect(startedCount()).toBeLessThan(500)
  for (let ticks = 0; ticks < 600; ticks++) tick()
  expect(startedCount()).toBe(500)
  expect(refused.filter(({ exchange }) => exchange.target === '/probe')).toEqual([])
})

test('streams that are opened together all start, however long they wait, and calls start between them', () => {
  const { send, tick, started, refused, now } = setUp(5)
  const streams = Array.from({ length: 1_000 }, () => send('/stream'))
  const calls: FakeExchange[] = []
  for (let ticks = 0; started.length < 1_000 + calls.length; ticks++) {
    if (ticks % 10 === 0) calls.push(send())
    tick()
  }
  expect(now()).toBeGreaterThan(5_000)
  const startedExchanges = new Set(started.map(({ exchange }) => exchange))
  expect([...streams, ...calls].filter((one) => !startedExchanges.has(one))).toEqual([])
  expect(refused).toEqual([])
  const waits = started.filter(({ exchange }) => calls.includes(exchange))
  expect(Math.max(...waits.map(({ waitedMs }) => waitedMs))).toBeLessThanOrEqual(150)
})

test('streams that wait count against their bound', () => {
  const { send, tick, started, refused } = setUp(5, { streamsMax: 10 })
  for (let index = 0; index < 15; index++) send('/stream')
  for (let ticks = 0; ticks < 20; ticks++) tick()
  expect([started.length, refused.length]).toEqual([10, 5])
})

/**
 * Sends so many times what the gate can start, for some time, and returns how many of the second
 * half started.
 */
function overload(times: number, callMs = 2) {
  const set = setUp(callMs)
  const startsPerMs = 1 / callMs
  let owed = 0
  let lastMs = set.now()
  const sentAtMs = new Map<FakeExchange, number>()
  const connections = Array.from({ length: 16 }, () => ({}))
  while (set.now() < 4_000) {
    owed += (set.now() - lastMs) * startsPerMs * times
    lastMs = set.now()
    for (; owed >= 1; owed--) {
      const connection = connections[sentAtMs.size % 16]
      sentAtMs.set(set.send('/unary', 1_000, connection), set.now())
    }
    set.tick(0.5)
  }
  return { ...set, sentAtMs }
}

test('at four times capacity as many calls start as without overload, and those wait only for a little', () => {
  const { started, refused, sentAtMs, now, gate } = overload(4)
  expect(started.length * 2).toBeGreaterThan(now() * 0.75)
  expect(refused.length).toBeGreaterThan(started.length * 2)
  expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['overloaded']))
  const late = started.filter(({ exchange }) => (sentAtMs.get(exchange) ?? 0) > 1_000)
  const waits = late.map(({ waitedMs }) => waitedMs).sort((a, b) => a - b)
  expect(waits[Math.floor(waits.length * 0.99)]).toBeLessThanOrEqual(admissionLimits.waitMs)
  expect(gate.waitingCount).toBeLessThan(100)
})

test('below capacity nothing is refused', () => {
  const { refused, started } = overload(0.8)
  expect(refused).toEqual([])
  expect(started.length).toBeGreaterThan(1_000)
})

test('when the overload ends, calls start in order and nothing is refused', () => {
  const { send, tick, started, refused, now } = overload(4)
  for (let ticks = 0; ticks < 100; ticks++) tick(1)
  const [startedBefore, refusedBefore] = [started.length, refused.length]
  const sent: FakeExchange[] = []
  for (const endMs = now() + 1_000; now() < endMs; tick(4)) sent.push(send())
  tick()
  expect(started.slice(startedBefore).map(({ exchange }) => exchange)).toEqual(sent)
  expect(refused.length).toBe(refusedBefore)
})

test('a call whose deadline passed while it waited never starts', () => {
  const { send, tick, started, refused } = setUp(3)
  for (let index = 0; index < 40; index++) send()
  const late = send('/unary', 30)
  const patient = send('/unary', 3_000)
  for (let ticks = 0; ticks < 100; ticks++) tick()
  expect(refused.map(({ exchange, reason }) => [exchange, reason])).toEqual([[late, 'late']])
  const last = started.find(({ exchange }) => exchange === patient)
  expect(last?.waitedMs).toBeGreaterThan(30)
  expect(started.some(({ exchange }) => exchange === late)).toBe(false)
})

test('unary calls in flight have a limit, and a call that ends lets the next one start', () => {
  const { send, tick, started, pending, state, gate } = setUp(0, {
    inFlightInitial: 3,
    inFlightMin: 3,
  })
  state.isAsync = true
  for (let index = 0; index < 5; index++) send()
  tick()
  expect(started).toHaveLength(3)
  expect(gate.waitingCount).toBe(2)
  pending[0]?.finished()
  tick()
  expect(started).toHaveLength(4)
  expect(gate.inFlightCount).toBe(3)
})

test('calls that wait for the limit are refused in time, though none ends', () => {
  const { send, tick, refused, state } = setUp(0, {
    inFlightInitial: 1,
    inFlightMin: 1,
    queueMin: 0,
  })
  state.isAsync = true
  for (let index = 0; index < 5; index++) send()
  for (let ticks = 0; ticks < 1_000; ticks++) tick(5)
  expect(refused).toHaveLength(4)
})

test('calls that keep the event loop busy after their start lower the limit, and it rises when they do not', () => {
  const { send, tick, pending, state, gate } = setUp(0)
  state.isAsync = true
  for (let index = 0; index < 200; index++) send()
  for (let ticks = 0; ticks < 20; ticks++) {
    tick(100)
    pending.splice(0, 10).map((admitted) => admitted.finished())
    for (let index = 0; index < 10; index++) send()
  }
  const lowest = gate.inFlightLimit
  expect(lowest).toBeLessThan(100)
  for (let ticks = 0; ticks < 200; ticks++) {
    for (let index = 0; index < 20; index++) send()
    tick(5)
    tick(5)
    for (const admitted of pending.splice(0)) admitted.finished()
  }
  expect(gate.inFlightLimit).toBeGreaterThan(lowest)
})

test('calls that end within their tick all start, however late the event loop is', () => {
  const { send, tick, state, started, gate } = setUp(0.001)
  state.isBrief = true
  for (let ticks = 0; ticks < 50; ticks++) {
    for (let index = 0; index < 500; index++) send()
    tick(100)
  }
  expect(started.length).toBe(50 * 500)
  expect(gate.inFlightLimit).toBe(admissionLimits.inFlightInitial)
})

test('streams have a bound of their own, and count until they are over', () => {
  const { send, tick, started, refused, gate } = setUp(0, { streamsMax: 2 })
  const [first] = [send('/stream'), send('/stream')]
  tick()
  send('/stream')
  tick()
  expect(started).toHaveLength(2)
  expect(refused.map(({ reason }) => reason)).toEqual(['streams'])
  first?.leave()
  send('/stream')
  tick()
  expect(started).toHaveLength(3)
  expect(gate.streamCount).toBe(2)
  expect(gate.inFlightCount).toBe(0)
})

test('of more calls than may wait, the oldest is refused', () => {
  const { send, tick, refused } = setUp(3, { waitingMax: 10 })
  const sent = Array.from({ length: 100 }, () => send())
  tick()
  expect(refused.length).toBeGreaterThan(0)
  const indexes = refused.map(({ exchange }) => sent.indexOf(exchange))
  expect(indexes).toEqual(indexes.toSorted((a, b) => a - b))
  expect(indexes).not.toContain(99)
})

alsoOnDenoAndNode(import.meta.filename)
