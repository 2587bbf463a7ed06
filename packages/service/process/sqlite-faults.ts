import { createSqliteFaults, type SqliteFaults } from '@marquee/sql/sqlite/faults'
import type { Logger } from 'pino'
import Counter from 'prom-client/lib/counter.js'
import type { Metrics } from '../metrics/metrics.ts'
import type { Health } from './health.ts'

export interface FaultsOptions {
  readonly log: Logger
  readonly metrics: Metrics
  readonly health: Health
}

/**
 * Logs and counts failures of the service's SQLite files. The service is not ready while they last.
 */
export function openFaults({ log, metrics, health }: FaultsOptions): SqliteFaults {
  const faults = createSqliteFaults({
    onFault: (error) => log.error({ err: error }, error.message),
  })
  // Reads still work while writes fail.
  health.require('database', faults.failing, 'work')
  health.require('database', faults.damaged, 'calls')
  new Counter({
    name: 'marquee_database_failures_total',
    help: 'Failures of SQLite files: busy, full, readonly, io, damaged, gone.',
    labelNames: ['kind'],
    registers: [metrics.registry],
    collect() {
      this.reset()
      for (const [kind, count] of faults.counts()) this.inc({ kind }, count)
    },
  })
  return faults
}
