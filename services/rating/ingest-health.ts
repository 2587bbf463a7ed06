import type { Metrics } from '@marquee/service/metrics/metrics'
import type { Condition } from '@marquee/service/process/health'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import type { Ingest, IngestState } from './ingest.ts'

/**
 * Maximum time since the last poll of the log, in milliseconds, before the process is not ready,
 * and before it is not alive.
 */
const pollAgeMsMax = { ready: 30_000, alive: 90_000 }

/**
 * Returns a condition that holds while events are applied, by this process or another one of the
 * group.
 */
export function ingestCondition(
  ingest: Pick<Ingest, 'status'>,
  now: () => number = Date.now,
): Condition {
  const polled = pollCondition(ingest, pollAgeMsMax.ready, now)
  return () => {
    const { state, blocked, lastError } = ingest.status()
    if (state === 'starting') return 'events are not read yet'
    if (state === 'blocked') return `events are not applied: ${blocked}`
    if (state === 'failing') return `events cannot be applied: ${lastError?.message}`
    return state === 'stopped' ? 'stopped' : polled()
  }
}

/** Reports that another process applies the events, which may be intended. */
export function ingestNotice(ingest: Pick<Ingest, 'status'>): Condition {
  return () => {
    const { state, waitsFor } = ingest.status()
    if (state !== 'waiting') return undefined
    return `this process applies no events: it waits for ${waitsFor ?? 'a partition'}`
  }
}

/**
 * Returns a condition that fails when the consumer has partitions and does not read them, without a
 * known failure.
 */
export function ingestLiveness(
  ingest: Pick<Ingest, 'status'>,
  now: () => number = Date.now,
): Condition {
  return pollCondition(ingest, pollAgeMsMax.alive, now)
}

function pollCondition(
  ingest: Pick<Ingest, 'status'>,
  ageMsMax: number,
  now: () => number,
): Condition {
  return () => {
    const { partitions, lastPollTimeMs } = ingest.status()
    if (partitions.length === 0 || lastPollTimeMs === undefined) return undefined
    const ageMs = now() - lastPollTimeMs
    return ageMs > ageMsMax ? `the event log was not read for ${ageMs} ms` : undefined
  }
}

const states = ['running', 'failing', 'blocked', 'waiting', 'stopped'] satisfies IngestState[]

/** Adds the progress of ingestion to the metrics. */
export function measureIngest({ registry }: Metrics, ingest: Pick<Ingest, 'status'>): void {
  const registers = [registry]
  new Gauge({
    name: 'marquee_ingest_state',
    help: 'State of ingestion: 1 for the current state, 0 for the others.',
    labelNames: ['state'],
    aggregator: 'max',
    registers,
    collect() {
      const { state } = ingest.status()
      for (const one of states) this.set({ state: one }, one === state ? 1 : 0)
    },
  })
  new Gauge({
    name: 'marquee_ingest_lag_events',
    help: 'Events that wait to be applied, by assigned partition.',
    labelNames: ['partition'],
    registers,
    collect() {
      this.reset()
      for (const { partition, lag } of ingest.status().partitions) this.set({ partition }, lag)
    },
  })
  new Gauge({
    name: 'marquee_ingest_last_poll_timestamp_seconds',
    help: 'Time of the last poll of the event log.',
    aggregator: 'max',
    registers,
    collect() {
      this.set((ingest.status().lastPollTimeMs ?? 0) / 1000)
    },
  })
  new Counter({
    name: 'marquee_ingest_changes_total',
    help: 'Ratings put or deleted by events.',
    registers,
    collect() {
      setCounter(this, ingest.status().applied)
    },
  })
  new Counter({
    name: 'marquee_ingest_dead_letters_total',
    help: 'Events written to the dead-letter topic because they cannot be applied.',
    registers,
    collect() {
      setCounter(this, ingest.status().deadLettered)
    },
  })
  new Counter({
    name: 'marquee_ingest_restarts_total',
    help: 'Restarts of the event log consumer after a failure.',
    registers,
    collect() {
      setCounter(this, ingest.status().restarts)
    },
  })
}

function setCounter(counter: Counter, value: number): void {
  counter.reset()
  counter.inc(value)
}
