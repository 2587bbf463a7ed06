import { expect, test } from 'bun:test'
import { pino } from 'pino'
import type { FromWorker, ToWorker, WorkerPlace } from './messages.ts'
import { type MetricValues, mergeMetrics } from './metrics.ts'
import type { WorkerExit } from './slot.ts'
import { createSupervisor } from './supervisor.ts'

const log = pino({ level: 'silent' })

/** A process that the test plays. */
interface FakeProcess {
  readonly place: WorkerPlace
  readonly received: ToWorker[]
  readonly signals: string[]
  send(message: FromWorker): void
  end(exit?: Partial<WorkerExit>): void
}

/** Supervises fake processes. Waits before restarts end when the test ends them. */
function superviseFakes(count = 2) {
  const processes: FakeProcess[] = []
  const waits: { readonly waitMs: number; readonly end: () => void }[] = []
  let nowMs = 0
  const supervisor = createSupervisor({
    place: { count, startTimeMs: 0, port: 8082 },
    log,
    now: () => nowMs,
    wait(waitMs, signal) {
      const { promise, resolve } = Promise.withResolvers<void>()
      waits.push({ waitMs, end: resolve })
      signal.addEventListener('abort', () => resolve())
      return promise
    },
    start(place, onMessage) {
      const { promise: exited, resolve } = Promise.withResolvers<WorkerExit>()
      const [received, signals]: [ToWorker[], string[]] = [[], []]
      const end = (exit: Partial<WorkerExit> = {}) => resolve({ code: 0, signal: null, ...exit })
      processes.push({ place, received, signals, send: onMessage, end })
      return {
        pid: processes.length,
        send: (message) => void received.push(message),
        kill: (signal) => void signals.push(signal),
        exited,
      }
    },
  })
  return {
    supervisor,
    processes,
    waits,
    advance(ms: number) {
      nowMs += ms
    },
  }
}

/** Starts the supervisor, and lets all workers serve. */
async function superviseServing(count = 2) {
  const fakes = superviseFakes(count)
  const ended = fakes.supervisor.run()
  fakes.processes[0]?.send({ kind: 'serving' })
  await settle()
  for (const process of fakes.processes.slice(1)) process.send({ kind: 'serving' })
  return { ...fakes, ended, process: (index: number) => fakes.processes[index] as FakeProcess }
}

/** Resolves after everything that is ready to run. */
async function settle(): Promise<void> {
  for (let round = 0; round < 20; round++) await Promise.resolve()
}

const isLead = ({ received }: FakeProcess) => received.some(({ kind }) => kind === 'lead')

test('the other workers start when the first one serves', async () => {
  const { supervisor, processes } = superviseFakes(3)
  void supervisor.run()
  await settle()
  expect(processes.map(({ place }) => place)).toEqual([
    { count: 3, startTimeMs: 0, port: 8082, index: 0, isFirst: true },
  ])
  processes[0]?.send({ kind: 'serving' })
  await settle()
  expect(processes.map(({ place: { index, isFirst } }) => [index, isFirst])).toEqual([
    [0, true],
    [1, false],
    [2, false],
  ])
})

test('a first worker that cannot start ends the service with its exit code', async () => {
  const { supervisor, processes, waits } = superviseFakes()
  const ended = supervisor.run()
  processes[0]?.end({ code: 2 })
  expect(await ended).toBe(2)
  expect([processes.length, waits.length]).toEqual([1, 0])
})

test('one worker leads, and another one when it has ended', async () => {
  const { processes, process } = await superviseServing()
  expect(processes.map(isLead)).toEqual([true, false])
  process(0).end({ code: null, signal: 'SIGKILL' })
  await settle()
  expect(isLead(process(1))).toBe(true)
})

test('a worker that ends is started again, and its place tells that others run', async () => {
  const { processes, waits, process } = await superviseServing()
  process(1).end({ code: 1 })
  await settle()
  expect(processes).toHaveLength(2)
  waits[0]?.end()
  await settle()
  expect(process(2).place).toMatchObject({ index: 1, isFirst: false })
})

test('the wait before a restart doubles up to 30 seconds, and is short again after steady service', async () => {
  const { processes, waits, advance, process } = await superviseServing()
  for (let failures = 0; failures < 12; failures++) {
    process(processes.length - 1).end({ code: 1 })
    await settle()
    waits.at(-1)?.end()
    await settle()
  }
  // A random half of each wait spreads the restarts.
  for (const [index, { waitMs }] of waits.entries()) {
    const longestMs = Math.min(200 * 2 ** index, 30_000)
    expect(waitMs).toBeGreaterThanOrEqual(longestMs / 2)
    expect(waitMs).toBeLessThanOrEqual(longestMs)
  }
  process(processes.length - 1).send({ kind: 'serving' })
  advance(61_000)
  process(processes.length - 1).end({ code: 1 })
  await settle()
  expect(waits.at(-1)?.waitMs).toBeLessThanOrEqual(200)
})

test('stopping ends all workers, and none is started again', async () => {
  const { supervisor, ended, processes, process } = await superviseServing()
  supervisor.stop()
  expect(processes.map(({ signals }) => signals)).toEqual([['SIGTERM'], ['SIGTERM']])
  process(0).end()
  process(1).end()
  expect(await ended).toBe(0)
  expect(processes).toHaveLength(2)
})

test('stopping while a worker waits for its restart does not wait for it', async () => {
  const { supervisor, ended, process } = await superviseServing()
  process(1).end({ code: 1 })
  await settle()
  supervisor.stop()
  process(0).end()
  expect(await ended).toBe(0)
})

test('a worker that shuts down with an error makes the exit code 1', async () => {
  const { supervisor, ended, process } = await superviseServing()
  supervisor.stop()
  process(0).end({ code: 1 })
  process(1).end()
  expect(await ended).toBe(1)
})

test('a worker that was still starting when the service stopped is no error', async () => {
  const { supervisor, ended, process, processes, waits } = await superviseServing()
  process(1).end({ code: 1 })
  await settle()
  waits[0]?.end()
  await settle()
  expect(processes).toHaveLength(3)
  supervisor.stop()
  process(2).end({ code: null, signal: 'SIGTERM' })
  process(0).end()
  expect(await ended).toBe(0)
})

test('each worker learns the problems of the others, until they end', async () => {
  const { process } = await superviseServing()
  const problems = [{ name: 'store', reason: 'gone', concern: 'calls' as const }]
  process(1).send({ kind: 'problems', problems })
  expect(process(0).received.at(-1)).toEqual({ kind: 'others', problems, missingCount: 0 })
  expect(process(1).received.at(-1)).toEqual({ kind: 'others', problems: [], missingCount: 0 })
  process(1).end()
  await settle()
  expect(process(0).received.at(-1)).toEqual({ kind: 'others', problems: [], missingCount: 1 })
})

test('a change is announced to all workers but the one that announced it', async () => {
  const { processes, process } = await superviseServing(3)
  process(1).send({ kind: 'changed', topic: 'ratings' })
  const heard = ({ received }: FakeProcess) => received.filter(({ kind }) => kind === 'changed')
  expect(processes.map((one) => heard(one).length)).toEqual([1, 0, 1])
})

test('a reload reaches all workers', async () => {
  const { supervisor, processes } = await superviseServing()
  supervisor.reload()
  expect(processes.map(({ signals }) => signals)).toEqual([['SIGHUP'], ['SIGHUP']])
})

/** Responds to the last request for a report. */
function respond(process: FakeProcess, body: unknown): void {
  const request = process.received.findLast((message) => message.kind === 'report')
  process.send({ kind: 'reported', id: request?.id ?? 0, body })
}

const counter = (value: number) => [
  {
    name: 'calls_total',
    help: 'Calls.',
    type: 'counter',
    aggregator: 'sum',
    values: [{ value, labels: {} }],
  },
]

test('reports are gathered from all workers', async () => {
  const { process } = await superviseServing()
  process(0).send({ kind: 'gather', id: 7, subject: 'activity' })
  respond(process(0), 'own')
  respond(process(1), 'other')
  await settle()
  expect(process(0).received.at(-1)).toEqual({
    kind: 'gathered',
    id: 7,
    bodies: ['own', 'other'],
  })
})

test('the counters of a worker that has ended are still in the sum', async () => {
  const { process, waits } = await superviseServing()
  process(0).send({ kind: 'gather', id: 1, subject: 'metrics' })
  respond(process(0), counter(2))
  respond(process(1), counter(3))
  await settle()
  process(1).end({ code: 1 })
  await settle()
  waits[0]?.end()
  await settle()
  process(0).send({ kind: 'gather', id: 2, subject: 'metrics' })
  respond(process(0), counter(4))
  await settle()
  const gathered = process(0).received.findLast((message) => message.kind === 'gathered')
  const text = await mergeMetrics(gathered?.bodies as readonly MetricValues[][])
  expect(text.match(/^[^#\n].*$/gm)).toEqual([
    'calls_total 7',
    'marquee_workers 1',
    'marquee_worker_restarts_total 1',
  ])
})
