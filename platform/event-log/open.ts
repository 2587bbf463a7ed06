import { prepareFolder } from '../sql/database-url.ts'
import type { EventLog } from './port.ts'

/** Which log to use. `embedded` is a file, `:memory:` for none: see `createEmbeddedEventLog`. */
export type EventLogConfig = {
  readonly kind: 'embedded'
  readonly path: string
  readonly partitions: number
}

/** Opens the configured log, and loads no other adapter. A file's folder is created when it is absent. */
export async function openEventLog(config: EventLogConfig): Promise<EventLog> {
  switch (config.kind) {
    case 'embedded': {
      if (config.path !== ':memory:') await prepareFolder(config.path)
      const { createEmbeddedEventLog } = await import('./embedded.ts')
      return createEmbeddedEventLog(config)
    }
  }
}
