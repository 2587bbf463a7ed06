import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, systemClock } from '@marquee/http/clock'
import type { Concern, Health } from '../process/health.ts'
import type { FromWorker, OthersState, ToWorker, WorkerPlace, WorkerProblem } from './messages.ts'
import type { Topic, Workers } from './port.ts'

/** Connection of a worker to its supervisor. */
export interface Channel extends Disposable {
  send(message: FromWorker): void
  /** Sets the listener for messages. */
  listen(listener: (message: ToWorker) => void): void
}

/** Interval at which a worker compares its conditions with those it has reported, in milliseconds. */
const problemsIntervalMs = 250
/** Time in which several announcements of a topic become one, in milliseconds. */
const announceDelayMs = 10
/** Timeout of the reports of all workers, in milliseconds. The supervisor waits for less. */
const gatherTimeoutMs = 5_000

const concerns = ['calls', 'work', 'life'] as const satisfies readonly Concern[]

/** Creates the workers of a service as the process at `place` sees them. */
export function joinWorkers(
  place: WorkerPlace,
  channel: Channel,
  clock: Clock = systemClock,
): Workers {
  const reports = new Map<string, () => Promise<unknown>>()
  const listeners = new Map<string, Set<() => void>>()
  const gathering = createGathering(channel.send)
  const leading = Promise.withResolvers<void>()
  let others: OthersState = { problems: [], missingCount: place.count - 1 }

  async function report(id: number, subject: string): Promise<void> {
    // Without a report, the supervisor uses the last one.
    const body = await reports
      .get(subject)?.()
      .catch(() => undefined)
    channel.send({ kind: 'reported', id, body })
  }

  channel.listen((message) => {
    switch (message.kind) {
      case 'lead':
        leading.resolve()
        break
      case 'others':
        others = message
        break
      case 'changed':
        for (const listener of listeners.get(message.topic) ?? []) listener()
        break
      case 'report':
        void report(message.id, message.subject)
        break
      case 'gathered':
        gathering.end(message.id, message.bodies)
        break
    }
  })

  return {
    place,
    lead: (start) => Promise.resolve(startLater(leading.promise, start)),
    problems: (concern) =>
      others.problems.filter((one) => concern === undefined || one.concern === concern),
    notice() {
      const { missingCount } = others
      if (missingCount === 0) return undefined
      return `${missingCount} of ${place.count} workers ${missingCount === 1 ? 'does' : 'do'} not serve yet`
    },
    share: (health) => shareProblems(place, health, { send: channel.send, clock }),
    topic: (name) => createTopic(name, channel.send, listeners),
    report: (subject, body) => void reports.set(subject, body),
    gather: gathering.begin,
    serving: () => channel.send({ kind: 'serving' }),
    [Symbol.dispose]: () => channel[Symbol.dispose](),
  }
}

/** Starts something when the promise resolves, unless the result is disposed first. */
function startLater(
  promise: Promise<void>,
  start: () => Promise<AsyncDisposable>,
): AsyncDisposable {
  let isEnding = false
  let running: Promise<AsyncDisposable> | undefined
  void promise.then(() => {
    if (!isEnding) running = start()
  })
  return {
    async [Symbol.asyncDispose]() {
      isEnding = true
      await (await running)?.[Symbol.asyncDispose]()
    },
  }
}

/** Reports each change of the conditions that the process does not meet. */
function shareProblems(
  { index }: WorkerPlace,
  health: Pick<Health, 'problems' | 'draining'>,
  { send, clock }: { readonly send: Channel['send']; readonly clock: Clock },
): Disposable {
  let reported = '[]'
  const stop = clock.every(problemsIntervalMs, () => {
    // A worker that shuts down alone gets no further connections, and the others serve on.
    const found = health.draining?.aborted ? [] : concerns
    const problems = found.flatMap((concern) =>
      health.problems(concern).map(({ name, reason }): WorkerProblem => {
        return { name, reason: `worker ${index}: ${reason}`, concern }
      }),
    )
    const text = JSON.stringify(problems)
    if (text === reported) return
    reported = text
    send({ kind: 'problems', problems })
  })
  return { [Symbol.dispose]: stop }
}

function createTopic(
  topic: string,
  send: Channel['send'],
  listeners: Map<string, Set<() => void>>,
): Topic {
  const own = listeners.get(topic) ?? new Set<() => void>()
  listeners.set(topic, own)
  let isPending = false
  return {
    announce() {
      if (isPending) return
      isPending = true
      void delay(announceDelayMs, undefined, { ref: false }).then(() => {
        isPending = false
        send({ kind: 'changed', topic })
      })
    },
    listen(listener) {
      own.add(listener)
      return { [Symbol.dispose]: () => void own.delete(listener) }
    },
  }
}

/** Creates the requests for reports. One at a time runs for each subject. */
function createGathering(send: Channel['send']) {
  const running = new Map<string, Promise<readonly unknown[]>>()
  const waiting = new Map<number, (bodies: readonly unknown[]) => void>()
  let lastId = 0

  async function request(subject: string): Promise<readonly unknown[]> {
    const id = ++lastId
    const { promise, resolve, reject } = Promise.withResolvers<readonly unknown[]>()
    waiting.set(id, resolve)
    const late = () => reject(new Error(`no reports of the workers within ${gatherTimeoutMs} ms`))
    const timer = setTimeout(late, gatherTimeoutMs)
    try {
      send({ kind: 'gather', id, subject })
      return await promise
    } finally {
      clearTimeout(timer)
      waiting.delete(id)
      running.delete(subject)
    }
  }

  return {
    begin(subject: string): Promise<readonly unknown[]> {
      const present = running.get(subject) ?? request(subject)
      running.set(subject, present)
      return present
    },
    end: (id: number, bodies: readonly unknown[]) => waiting.get(id)?.(bodies),
  }
}
