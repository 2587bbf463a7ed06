import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import type { RateLimits } from '../limits/open.ts'
import type { Metrics } from './metrics.ts'

/** Adds the metrics of rate limits. */
export function measureRateLimits({ registry }: Metrics, limits: RateLimits): void {
  const common = { labelNames: ['class'] as const, registers: [registry] }
  new Counter({
    ...common,
    name: 'marquee_rate_limit_refused_total',
    help: 'Calls of clients that called too often, by class of method.',
    collect() {
      this.reset()
      for (const [name, { quotas }] of limits) this.inc({ class: name }, quotas.exceededCount)
    },
  })
  new Gauge({
    ...common,
    name: 'marquee_rate_limit_clients',
    help: 'Clients that the rate limits remember, by class of method.',
    collect() {
      for (const [name, { quotas }] of limits) this.set({ class: name }, quotas.clientCount)
    },
  })
}
