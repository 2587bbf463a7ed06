import type { EventLogConfig } from '@marquee/event-log/open'
import type { RegistryConfig } from '@marquee/registry/open'
import { readEventLogSettings } from '@marquee/service/flags/event-log'
import { type EventLogNames, readEventLogNames } from '@marquee/service/flags/event-log-names'
import { readSettings, type Settings, type SettingsSource } from '@marquee/service/flags/flags'
import { readConsulSettings } from '@marquee/service/flags/registry'
import { readServiceSettings, type ServiceSettings } from '@marquee/service/flags/service'
import type { LogPolicy } from './log-guard.ts'
import { defaultPrior, type Prior } from './rating.ts'

export interface RatingSettings extends ServiceSettings {
  /** `memory:`, `sqlite:PATH` or `postgres://…`. */
  readonly databaseUrl: string
  readonly eventLog: EventLogConfig
  readonly names: EventLogNames
  readonly logPolicy: LogPolicy
  readonly prior: Prior
}

export interface RatingConfig extends RatingSettings {
  readonly registry: RegistryConfig
}

const usage = 'services/rating/main.ts: who rated what, and the aggregate'

export function readRatingConfig(
  source: SettingsSource = { args: process.argv.slice(2), env: process.env },
): RatingConfig {
  const settings = readSettings(usage, source)
  const service = readServiceSettings(settings, 8082)
  const config: RatingConfig = {
    ...service,
    registry: readConsulSettings(settings, service.advertise) ?? { kind: 'static', addresses: {} },
    databaseUrl: settings.text({
      flag: 'database-url',
      help: 'where the ratings are kept: memory:, sqlite:PATH or postgres://…',
      default: 'sqlite:data/rating.db',
    }),
    eventLog: readEventLogSettings(settings, 'data'),
    names: readEventLogNames(settings),
    logPolicy: readLogPolicy(settings),
    prior: readPriorSettings(settings),
  }
  settings.finish()
  return config
}

/** Reads what to do with a log that is not the one whose positions are stored. */
export function readLogPolicy(settings: Settings): LogPolicy {
  return settings.choice({
    flag: 'log-identity',
    help: 'what to do when the event log is another one than was read so far: refuse-new, accept-new',
    of: ['refuse-new', 'accept-new'],
    default: 'refuse-new',
  })
}

/** Reads the prior of the Bayesian score. */
export function readPriorSettings(settings: Settings): Prior {
  return {
    mean: settings.number({
      flag: 'prior-mean',
      help: 'the mean that is believed of a record before anyone has rated it',
      default: defaultPrior.mean,
      min: 1,
      max: 5,
    }),
    weight: settings.number({
      flag: 'prior-weight',
      help: 'how many ratings that belief is worth',
      default: defaultPrior.weight,
      min: 0,
      max: 1_000_000,
    }),
  }
}
