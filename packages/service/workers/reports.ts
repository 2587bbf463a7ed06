import { setTimeout as delay } from 'node:timers/promises'
import { activitySubjects, countsOfEnded } from './activity.ts'
import type { FromWorker } from './messages.ts'
import {
  countersOf,
  type Figures,
  figuresOf,
  type MetricValues,
  metricsSubject,
} from './metrics.ts'
import type { Slot } from './slot.ts'

/** Timeout of the report of one worker, in milliseconds. */
const reportTimeoutMs = 1_000

/** Collects what the workers report about themselves. */
export interface Reports {
  /** Sends a worker the reports of all workers that serve. */
  gather(slot: Slot, request: Extract<FromWorker, { kind: 'gather' }>): Promise<void>
  receive(report: Extract<FromWorker, { kind: 'reported' }>): void
  /** Keeps the counters of a process that has ended, so that sums never become less. */
  leave(slot: Slot): void
}

export interface ReportsOptions {
  readonly slots: readonly Slot[]
  readonly isServing: (slot: Slot) => boolean
  /** Returns the figures of the supervisor itself. */
  readonly figures: () => Figures
}

/** Returns the sum of what remains of reports when their processes have ended. */
type Addition = (reports: readonly unknown[]) => unknown

const additions: Readonly<Record<string, Addition>> = {
  [metricsSubject]: (reports) => countersOf(reports as readonly (readonly MetricValues[])[]),
  [activitySubjects.activity]: countsOfEnded,
}

async function addReport(
  add: Addition,
  sum: Promise<unknown> | undefined,
  report: unknown,
): Promise<unknown> {
  const known = await sum
  return await add(known === undefined ? [report] : [known, report])
}

export function createReports({ slots, isServing, figures }: ReportsOptions): Reports {
  const waiting = new Map<number, (body: unknown) => void>()
  /** Last report of each worker, by subject. */
  const last = new Map<Slot, Map<string, unknown>>()
  /** Sums of the counts of processes that have ended, by subject. */
  const ended = new Map<string, Promise<unknown>>()
  let lastId = 0

  async function request(slot: Slot, subject: string): Promise<unknown> {
    const id = ++lastId
    const { promise, resolve } = Promise.withResolvers<unknown>()
    waiting.set(id, resolve)
    slot.process?.send({ kind: 'report', id, subject })
    const body = await Promise.race([promise, delay(reportTimeoutMs, undefined, { ref: false })])
    waiting.delete(id)
    const known = last.get(slot) ?? new Map<string, unknown>()
    if (body !== undefined && isServing(slot)) last.set(slot, known.set(subject, body))
    return body ?? known.get(subject)
  }

  return {
    async gather(slot, { id, subject }) {
      const reports = await Promise.all(
        slots.filter(isServing).map((worker) => request(worker, subject)),
      )
      const own = subject === metricsSubject ? [figuresOf(figures())] : []
      const all = [...reports, await ended.get(subject), ...own]
      const bodies = all.filter((body) => body !== undefined)
      slot.process?.send({ kind: 'gathered', id, bodies })
    },
    receive({ id, body }) {
      waiting.get(id)?.(body)
    },
    leave(slot) {
      for (const [subject, report] of last.get(slot) ?? []) {
        const add = additions[subject]
        if (add) ended.set(subject, addReport(add, ended.get(subject), report))
      }
      last.delete(slot)
    },
  }
}
