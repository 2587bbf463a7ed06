import { expect, test } from 'bun:test'
import type { ConnectionState } from './connection.ts'
import { type BrowserState, keepWatching } from './keep-watching.ts'

/** A browser whose delays end at once, and whose state a test sets. */
function open() {
  const state = { hidden: false, offline: false }
  let wake = () => {}
  const waits: number[] = []
  const browserState: BrowserState = {
    isHidden: () => state.hidden,
    isOffline: () => state.offline,
    change: (signal, timeoutMs) =>
      new Promise((resolve) => {
        if (timeoutMs !== undefined) waits.push(timeoutMs)
        if (signal.aborted || timeoutMs !== undefined) setTimeout(resolve, 0)
        const before = wake
        wake = () => {
          before()
          resolve()
        }
        signal.addEventListener('abort', () => resolve(), { once: true })
      }),
  }
  const set = (change: Partial<typeof state>) => {
    Object.assign(state, change)
    const settle = wake
    wake = () => {}
    settle()
  }
  const states: ConnectionState[] = []
  return { browserState, set, waits, states, onState: (now: ConnectionState) => states.push(now) }
}

/** Yields the messages, then stays open until the signal aborts. */
async function* stay<Message>(messages: readonly Message[], signal: AbortSignal) {
  yield* messages
  signal.throwIfAborted()
  await new Promise<void>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

test('a stream that ends or fails is reopened after a delay', async () => {
  const { browserState, states, waits, onState } = open()
  const stop = new AbortController()
  const received: number[] = []
  let openedCount = 0
  await keepWatching<number>({
    signal: stop.signal,
    browserState,
    onState,
    onMessage: (message) => received.push(message),
    async *open() {
      openedCount += 1
      if (openedCount === 1) throw new Error('refused')
      yield openedCount
      if (openedCount === 3) stop.abort()
    },
  })
  expect(received).toEqual([2, 3])
  expect(waits).toHaveLength(2)
  expect(states).toEqual([
    'connecting',
    'waiting',
    'connecting',
    'live',
    'waiting',
    'connecting',
    'live',
  ])
})

test('a hidden page closes its stream and reopens it when it is visible again', async () => {
  const { browserState, set, states, waits, onState } = open()
  const stop = new AbortController()
  const closed: boolean[] = []
  const watching = keepWatching<number>({
    signal: stop.signal,
    browserState,
    onState,
    onMessage: (message) => {
      if (message === 1) queueMicrotask(() => set({ hidden: true }))
      if (message === 2) stop.abort()
    },
    open: (signal) => {
      signal.addEventListener('abort', () => closed.push(true), { once: true })
      return stay([closed.length + 1], signal)
    },
  })
  while (!states.includes('paused')) await Bun.sleep(1)
  expect(closed).toEqual([true])
  set({ hidden: false })
  await watching
  expect(states).toEqual(['connecting', 'live', 'paused', 'connecting', 'live'])
  expect(waits).toEqual([])
})

test('an offline page says so and opens no stream until the network is back', async () => {
  const { browserState, set, states, onState } = open()
  const stop = new AbortController()
  set({ offline: true })
  let openedCount = 0
  const watching = keepWatching<number>({
    signal: stop.signal,
    browserState,
    onState,
    onMessage: () => stop.abort(),
    open: (signal) => {
      openedCount += 1
      return stay([1], signal)
    },
  })
  await Bun.sleep(5)
  expect(states).toEqual(['offline'])
  expect(openedCount).toBe(0)
  set({ offline: false })
  await watching
  expect(states).toEqual(['offline', 'connecting', 'live'])
})

test('a permanent error ends the watching', async () => {
  const { browserState, states, onState } = open()
  await keepWatching<number>({
    signal: new AbortController().signal,
    browserState,
    onState,
    onMessage: () => {},
    isFinal: (error) => (error as Error).message === 'not-found',
    // biome-ignore lint/correctness/useYield: a stream that fails before its first message
    async *open() {
      throw new Error('not-found')
    },
  })
  expect(states).toEqual(['connecting'])
})
