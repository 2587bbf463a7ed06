import type { Metrics } from '@marquee/service/metrics/metrics'
import type { Condition } from '@marquee/service/process/health'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import type { Relay, RelayState } from './relay.ts'

/** Reports why changes are not published. Reading and rating go on meanwhile. */
export function feedNotice(relay: Pick<Relay, 'status'>): Condition {
  return () => {
    const { state, lastError } = relay.status()
    return state === 'failing' ? `changes are not published: ${lastError?.message}` : undefined
  }
}

const states = ['running', 'failing', 'waiting', 'stopped'] satisfies RelayState[]

/** Adds the progress of publishing to the metrics. */
export function measureFeed({ registry }: Metrics, relay: Pick<Relay, 'status'>): void {
  const registers = [registry]
  new Gauge({
    name: 'marquee_feed_state',
    help: 'State of publishing: 1 for the current state, 0 for the others.',
    labelNames: ['state'],
    aggregator: 'max',
    registers,
    collect() {
      const { state } = relay.status()
      for (const one of states) this.set({ state: one }, one === state ? 1 : 0)
    },
  })
  new Gauge({
    name: 'marquee_feed_outbox_bytes',
    help: 'Size of the changes that wait to be published.',
    aggregator: 'max',
    registers,
    collect() {
      this.set(relay.status().outboxBytes)
    },
  })
  new Counter({
    name: 'marquee_feed_records_total',
    help: 'Ratings and aggregates that this process has published.',
    registers,
    collect() {
      this.reset()
      this.inc(relay.status().published)
    },
  })
}
