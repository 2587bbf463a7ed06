import type { EventLogConfig } from '@marquee/event-log/open'
import type { RegistryConfig } from '@marquee/registry/open'
import { readEventLogConfig } from '@marquee/service/flags/event-log'
import { type EventLogNames, readEventLogNames } from '@marquee/service/flags/event-log-names'
import { type Flags, type FlagsSource, readFlags } from '@marquee/service/flags/flags'
import { readConsulConfig } from '@marquee/service/flags/registry'
import { readServiceOptions, type ServiceOptions } from '@marquee/service/flags/service'
import type { LogPolicy } from './log-guard.ts'
import { defaultPrior, type Prior } from './rating.ts'

export interface RatingOptions extends ServiceOptions {
  /** URL of the database: `memory:`, `sqlite:PATH` or `postgres://…`. */
  readonly databaseUrl: string
  readonly eventLog: EventLogConfig
  readonly names: EventLogNames
  readonly logPolicy: LogPolicy
  readonly prior: Prior
}

export interface RatingConfig extends RatingOptions {
  readonly registry: RegistryConfig
}

const usage = 'services/rating/main.ts: ratings and their aggregates'

export function readRatingConfig(
  source: FlagsSource = { args: process.argv.slice(2), env: process.env },
): RatingConfig {
  const flags = readFlags(usage, source)
  const service = readServiceOptions(flags, 8082)
  const config: RatingConfig = {
    ...service,
    registry: readConsulConfig(flags, service.advertise) ?? { kind: 'static', addresses: {} },
    databaseUrl: flags.text({
      flag: 'database-url',
      help: 'the database of the ratings: memory:, sqlite:PATH or postgres://…',
      default: 'sqlite:data/rating.db',
    }),
    eventLog: readEventLogConfig(flags, 'data'),
    names: readEventLogNames(flags),
    logPolicy: readLogPolicy(flags),
    prior: readPrior(flags),
  }
  flags.finish()
  return config
}

/** Reads the policy for a log other than the one whose positions are saved. */
export function readLogPolicy(flags: Flags): LogPolicy {
  return flags.choice({
    flag: 'log-identity',
    help: 'what to do with an event log other than the previous one: refuse-new, accept-new',
    of: ['refuse-new', 'accept-new'],
    default: 'refuse-new',
  })
}

/** Reads the prior of the Bayesian score. */
export function readPrior(flags: Flags): Prior {
  return {
    mean: flags.number({
      flag: 'prior-mean',
      help: 'the assumed mean of a record that nobody has rated',
      default: defaultPrior.mean,
      min: 1,
      max: 5,
    }),
    weight: flags.number({
      flag: 'prior-weight',
      help: 'the weight of the assumed mean, in ratings',
      default: defaultPrior.weight,
      min: 0,
      max: 1_000_000,
    }),
  }
}
