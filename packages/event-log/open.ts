import { prepareFolder } from '@marquee/sql/database-url'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import type { Logger } from 'pino'
import type { KafkaAccess } from './kafka/client.ts'
import type { GroupTiming } from './kafka/timing.ts'
import type { EventLog } from './port.ts'

/** Which log to use. `embedded` is a file, `:memory:` for none: see `createEmbeddedEventLog`. */
export type EventLogConfig = {
  /** How many partitions a topic gets when it is new. */
  readonly partitions: number
} & (
  | { readonly kind: 'embedded'; readonly path: string }
  | ({
      readonly kind: 'kafka'
      readonly timing?: Partial<GroupTiming>
    } & KafkaAccess)
)

/**
 * Opens the configured log, and loads no other adapter. A file's folder is created when it is absent.
 * @param faults where failures of the file are reported; the file is then looked through after a crash.
 */
export async function openEventLog(
  config: EventLogConfig,
  log: Logger,
  faults?: SqliteFaults,
): Promise<EventLog> {
  switch (config.kind) {
    case 'embedded': {
      if (config.path !== ':memory:') await prepareFolder(config.path)
      const { createEmbeddedEventLog } = await import('./embedded/embedded.ts')
      return createEmbeddedEventLog({ ...config, ...(faults && { faults, checked: true }) })
    }
    case 'kafka': {
      const { createKafkaEventLog } = await import('./kafka/kafka.ts')
      return createKafkaEventLog({ ...config, log })
    }
  }
}
