import type { ConnectionBudget } from '@marquee/http/server/connection-budget'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import type { Metrics } from './metrics.ts'

/** Adds the metrics of client connections. */
export function measureConnections(
  { registry }: Pick<Metrics, 'registry'>,
  connections: ConnectionBudget,
): void {
  new Gauge({
    name: 'marquee_connections',
    help: 'Open client connections, on all ports of the process.',
    registers: [registry],
    collect() {
      this.set(connections.openCount)
    },
  })
  new Gauge({
    name: 'marquee_connections_max',
    help: 'Maximum number of open client connections.',
    registers: [registry],
    collect() {
      this.set(connections.max)
    },
  })
  new Counter({
    name: 'marquee_connections_refused_total',
    help: 'Connections that were closed because too many were open.',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(connections.refusedCount)
    },
  })
}
