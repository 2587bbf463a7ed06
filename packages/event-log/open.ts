import { prepareFolder } from '@marquee/sql/database-url'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import type { Logger } from 'pino'
import type { KafkaAccess } from './kafka/client.ts'
import type { GroupTiming } from './kafka/timing.ts'
import type { EventLog } from './port.ts'

/**
 * Event log to open, and its options. `embedded` is a file, or `:memory:`: see
 * `createEmbeddedEventLog`.
 */
export type EventLogConfig = {
  /** Number of partitions of a new topic. */
  readonly partitions: number
} & (
  | { readonly kind: 'embedded'; readonly path: string }
  | ({
      readonly kind: 'kafka'
      readonly timing?: Partial<GroupTiming>
    } & KafkaAccess)
)

/** Options of a log in a file. */
export interface LogFileOptions {
  /** Receives failures of the file. */
  readonly faults?: SqliteFaults
  /** True to check the file after a crash. Default: false. */
  readonly checked?: boolean
}

/**
 * Opens the configured log. Only its module is loaded. Creates the folder of a file when it is
 * absent.
 */
export async function openEventLog(
  config: EventLogConfig,
  log: Logger,
  file: LogFileOptions = {},
): Promise<EventLog> {
  switch (config.kind) {
    case 'embedded': {
      if (config.path !== ':memory:') await prepareFolder(config.path)
      const { createEmbeddedEventLog } = await import('./embedded/embedded.ts')
      return createEmbeddedEventLog({ ...config, ...file })
    }
    case 'kafka': {
      const { createKafkaEventLog } = await import('./kafka/kafka.ts')
      return createKafkaEventLog({ ...config, log })
    }
  }
}
