import { Counter, Gauge } from 'prom-client'
import type { Condition } from '../../platform/process/health.ts'
import type { Metrics } from '../../platform/process/metrics.ts'
import type { Ingest } from './ingest.ts'

/** The longest time since the log was last asked for events, before the consumer counts as deaf. */
const pollAgeMsMax = 30_000

/** Holds while events are being applied, or another process of the group applies them. */
export function ingestCondition(ingest: Ingest, now: () => number = Date.now): Condition {
  return () => {
    const { state, lastPollTimeMs, lastError } = ingest.status()
    if (state === 'failing') return `events cannot be applied: ${lastError?.message}`
    if (state === 'stopped') return 'stopped'
    if (state === 'waiting' || lastPollTimeMs === undefined) return undefined
    const ageMs = now() - lastPollTimeMs
    return ageMs > pollAgeMsMax ? `the event log was not read for ${ageMs} ms` : undefined
  }
}

/** Adds how far ingestion has come to the metrics. */
export function measureIngest({ registry }: Metrics, ingest: Ingest): void {
  const registers = [registry]
  new Gauge({
    name: 'marquee_ingest_lag_events',
    help: 'Events of the assigned partitions that wait to be applied.',
    registers,
    collect() {
      this.set(ingest.status().lag)
    },
  })
  new Gauge({
    name: 'marquee_ingest_last_poll_timestamp_seconds',
    help: 'When the event log was last asked for events.',
    registers,
    collect() {
      this.set((ingest.status().lastPollTimeMs ?? 0) / 1000)
    },
  })
  new Counter({
    name: 'marquee_ingest_changes_total',
    help: 'Ratings put or taken back by events.',
    registers,
    collect() {
      setCounter(this, ingest.status().applied)
    },
  })
  new Counter({
    name: 'marquee_ingest_dead_letters_total',
    help: 'Events put aside because they cannot be applied.',
    registers,
    collect() {
      setCounter(this, ingest.status().deadLettered)
    },
  })
}

function setCounter(counter: Counter, value: number): void {
  counter.reset()
  counter.inc(value)
}
