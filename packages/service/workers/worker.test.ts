import { expect, test } from 'bun:test'
import { createManualClock } from '@marquee/testing/manual-clock'
import { createHealth } from '../process/health.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { joinWorkers } from './worker.ts'

const place = { index: 1, count: 2, startTimeMs: 0, port: 8082, isFirst: false }

/** Joins as worker 1 of 2, with a supervisor that the test plays. */
function join() {
  const clock = createManualClock()
  const sent: FromWorker[] = []
  let onMessage: (message: ToWorker) => void = () => {}
  let onSent: () => void = () => {}
  const workers = joinWorkers(
    place,
    {
      send(message) {
        sent.push(message)
        onSent()
      },
      listen(listener) {
        onMessage = listener
      },
      [Symbol.dispose]() {},
    },
    clock,
  )
  /** Resolves with everything sent as soon as there is anything more. */
  const nextSent = () =>
    new Promise<FromWorker[]>((resolve) => {
      onSent = () => resolve(sent)
    })
  return { workers, clock, sent, nextSent, receive: (message: ToWorker) => onMessage(message) }
}

/** Something that counts how often it was started and ended. */
function createStarter() {
  const counts = { started: 0, ended: 0 }
  const start = async () => {
    counts.started++
    return {
      async [Symbol.asyncDispose]() {
        counts.ended++
      },
    }
  }
  return { counts, start }
}

test('what only one process does starts when the worker becomes the lead, and ends with it', async () => {
  const { workers, receive } = join()
  const { counts, start } = createStarter()
  const led = await workers.lead(start)
  expect(counts.started).toBe(0)
  receive({ kind: 'lead' })
  await Promise.resolve()
  expect(counts.started).toBe(1)
  await led[Symbol.asyncDispose]()
  expect(counts.ended).toBe(1)
})

test('a worker that ends before it becomes the lead starts nothing', async () => {
  const { workers, receive } = join()
  const { counts, start } = createStarter()
  const led = await workers.lead(start)
  await led[Symbol.asyncDispose]()
  receive({ kind: 'lead' })
  await Promise.resolve()
  expect(counts).toEqual({ started: 0, ended: 0 })
})

test('a worker knows the problems of the others by their concern, and how many are missing', () => {
  const { workers, receive } = join()
  expect(workers.notice()).toBe('1 of 2 workers does not serve yet')
  const problem = { name: 'store', reason: 'worker 0: gone' }
  receive({ kind: 'others', problems: [{ ...problem, concern: 'work' }], missingCount: 0 })
  expect(workers.notice()).toBeUndefined()
  expect(workers.problems('calls')).toEqual([])
  expect(workers.problems('work')).toMatchObject([problem])
  expect(workers.problems()).toMatchObject([problem])
})

test('a worker reports each change of its problems once, and none of its shutdown', () => {
  const { workers, clock, sent } = join()
  const draining = new AbortController()
  const health = createHealth(draining.signal)
  let reason: string | undefined
  health.require('store', () => reason)
  using _ = workers.share(health)
  clock.advance(1_000)
  expect(sent).toEqual([])
  reason = 'gone'
  clock.advance(1_000)
  const problems = [{ name: 'store', reason: 'worker 1: gone', concern: 'calls' as const }]
  expect(sent).toEqual([{ kind: 'problems', problems }])
  draining.abort()
  clock.advance(1_000)
  expect(sent.slice(1)).toEqual([{ kind: 'problems', problems: [] }])
})

test('several announcements in a row are one message', async () => {
  const { workers, sent, nextSent } = join()
  const topic = workers.topic('ratings')
  const other = workers.topic('movies')
  const message = nextSent()
  for (let count = 0; count < 10; count++) topic.announce()
  other.announce()
  await message
  await nextSent()
  expect(sent).toEqual([
    { kind: 'changed', topic: 'ratings' },
    { kind: 'changed', topic: 'movies' },
  ])
})

test('the listeners of a topic hear of changes by others until they are disposed', () => {
  const { workers, receive } = join()
  let heardCount = 0
  const listening = workers.topic('ratings').listen(() => heardCount++)
  workers.topic('movies').listen(() => heardCount++)
  receive({ kind: 'changed', topic: 'ratings' })
  listening[Symbol.dispose]()
  receive({ kind: 'changed', topic: 'ratings' })
  expect(heardCount).toBe(1)
})

test('a worker reports on request, and with nothing when it cannot', async () => {
  const { workers, receive, nextSent } = join()
  workers.report('metrics', async () => ['own'])
  workers.report('activity', () => Promise.reject(new Error('broken')))
  const bodies: unknown[] = []
  for (const [id, subject] of ['metrics', 'activity', 'unknown'].entries()) {
    const message = nextSent()
    receive({ kind: 'report', id, subject })
    bodies.push((await message).at(-1))
  }
  expect(bodies).toEqual([
    { kind: 'reported', id: 0, body: ['own'] },
    { kind: 'reported', id: 1, body: undefined },
    { kind: 'reported', id: 2, body: undefined },
  ])
})

test('those who gather reports at the same time share one request', async () => {
  const { workers, sent, receive } = join()
  const gathered = [workers.gather('metrics'), workers.gather('metrics')]
  expect(sent).toEqual([{ kind: 'gather', id: 1, subject: 'metrics' }])
  receive({ kind: 'gathered', id: 1, bodies: ['own', 'other'] })
  expect(await Promise.all(gathered)).toEqual([
    ['own', 'other'],
    ['own', 'other'],
  ])
  const later = workers.gather('metrics')
  expect(sent.at(-1)).toEqual({ kind: 'gather', id: 2, subject: 'metrics' })
  receive({ kind: 'gathered', id: 2, bodies: ['own'] })
  expect(await later).toEqual(['own'])
})
