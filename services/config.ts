import { join } from 'node:path'
import { rpcLimits } from '@marquee/connect-hono/limits'
import { readEventLogSettings } from '@marquee/service/flags/event-log'
import { readEventLogNames } from '@marquee/service/flags/event-log-names'
import { readSettings, type SettingsSource } from '@marquee/service/flags/flags'
import { readMemoryBudget } from '@marquee/service/flags/memory'
import {
  readAdmissionLimits,
  readCorsOrigins,
  readHosts,
  readLogSettings,
  readPort,
} from '@marquee/service/flags/service'
import { readTrafficSettings } from '@marquee/service/flags/traffic'
import type { LogOptions } from '@marquee/service/logs/log'
import type { MetadataSettings } from './metadata/config.ts'
import { type MovieSettings, readRetriesMax, streamsPerClientMax } from './movie/config.ts'
import { readPageSettings } from './movie/page.ts'
import { type RatingSettings, readLogPolicy, readPriorSettings } from './rating/config.ts'

/** The three services in one process. */
export interface DevConfig {
  readonly log: LogOptions
  /** What clients together may make the process hold, in bytes. */
  readonly memoryBytesMax: number
  readonly metadata: MetadataSettings
  readonly rating: RatingSettings
  readonly movie: MovieSettings
}

/** Movie calls the other two for all of its users. */
const manyUsers = { streamsPerClientMax: rpcLimits.streamsPerClientMax }

const usage = 'services/dev.ts: all three services in one process, with a demo catalogue'

export function readDevConfig(
  source: SettingsSource = { args: process.argv.slice(2), env: process.env },
): DevConfig {
  const settings = readSettings(usage, source)
  const log = readLogSettings(settings, 'warn')
  const hosts = readHosts(settings)
  const corsOrigins = readCorsOrigins(settings)
  const traffic = readTrafficSettings(settings, streamsPerClientMax)
  const forMovie = { rpcLimits: { ...traffic.rpcLimits, ...manyUsers } }
  const admissionLimits = readAdmissionLimits(settings)
  const data = settings.text({
    flag: 'data',
    help: 'the folder of the databases',
    default: 'data',
  })
  const memoryBytesMax = readMemoryBudget(settings)
  const on = (service: string, port: number) => ({
    log,
    ...hosts,
    corsOrigins,
    ...traffic,
    admissionLimits,
    memoryBytesMax,
    port: readPort(settings, `port-${service}`, port),
  })
  const config = {
    log,
    memoryBytesMax,
    metadata: {
      ...on('metadata', 8081),
      ...forMovie,
      databaseUrl: `sqlite:${join(data, 'metadata.db')}`,
    },
    rating: {
      ...on('rating', 8082),
      ...forMovie,
      databaseUrl: `sqlite:${join(data, 'rating.db')}`,
      eventLog: readEventLogSettings(settings, data),
      names: readEventLogNames(settings),
      logPolicy: readLogPolicy(settings),
      prior: readPriorSettings(settings),
    },
    movie: {
      ...on('movie', 8083),
      page: readPageSettings(settings),
      retriesMax: readRetriesMax(settings),
    },
  }
  settings.finish()
  return config
}
