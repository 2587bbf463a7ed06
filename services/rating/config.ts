import type { EventLogConfig } from '@marquee/event-log/open'
import type { RegistryConfig } from '@marquee/registry/open'
import { readEventLogConfig } from '@marquee/service/flags/event-log'
import { type EventLogNames, readEventLogNames } from '@marquee/service/flags/event-log-names'
import { type Flags, type FlagsSource, readFlags } from '@marquee/service/flags/flags'
import { readConsulConfig } from '@marquee/service/flags/registry'
import { readServiceOptions, type ServiceOptions } from '@marquee/service/flags/service'
import { requireSharedDatabase, requireSharedLog } from '@marquee/service/flags/workers'
import type { EventsFrom } from './feed/rebuild.ts'
import type { LogPolicy } from './log-guard.ts'
import { createScale, defaultScale, type Scale, scaleText } from './scale.ts'
import { defaultPriorWeight, type Scoring, type ScoringRules } from './scoring.ts'

export interface RatingOptions extends ServiceOptions {
  /** URL of the database: `memory:`, `sqlite:PATH` or `postgres://…`. */
  readonly databaseUrl: string
  readonly eventLog: EventLogConfig
  readonly names: EventLogNames
  readonly logPolicy: LogPolicy
  /** True to publish every change to the event log. */
  readonly publishes: boolean
  readonly rules: ScoringRules
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
  const databaseUrl = readDatabaseUrl(flags)
  requireSharedDatabase(flags, service.workers, databaseUrl)
  const eventLog = readEventLogConfig(flags, 'data')
  requireSharedLog(flags, service.workers, eventLog)
  const config: RatingConfig = {
    ...service,
    registry: readConsulConfig(flags, service.advertise) ?? { kind: 'static', addresses: {} },
    databaseUrl,
    eventLog,
    names: readEventLogNames(flags),
    logPolicy: readLogPolicy(flags),
    publishes: readPublishes(flags),
    rules: readRules(flags),
  }
  flags.finish()
  return config
}

export type RebuildConfig = Pick<RatingOptions, 'databaseUrl' | 'eventLog' | 'names' | 'rules'> & {
  readonly eventsFrom: EventsFrom
}

/** Reads the flags of `producers/rebuild.ts`. */
export function readRebuildConfig({
  args,
  env = process.env,
}: Pick<FlagsSource, 'args'> & Partial<FlagsSource>): RebuildConfig {
  const flags = readFlags('', { args, env })
  const config: RebuildConfig = {
    databaseUrl: readDatabaseUrl(flags),
    eventLog: readEventLogConfig(flags, 'data'),
    names: readEventLogNames(flags),
    rules: readRules(flags),
    eventsFrom: flags.choice({
      flag: 'events',
      help: 'where the service continues in the topic of events: end, start',
      of: ['end', 'start'],
      default: 'end',
    }),
  }
  flags.finish()
  return config
}

function readDatabaseUrl(flags: Flags): string {
  return flags.text({
    flag: 'database-url',
    help: 'the database of the ratings: memory:, sqlite:PATH or postgres://…',
    default: 'sqlite:data/rating.db',
  })
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

/** Reads whether every change is published to the event log. */
export function readPublishes(flags: Flags): boolean {
  const choice = flags.choice({
    flag: 'publish',
    help: 'whether every change of a rating is published to the event log: on, off',
    of: ['on', 'off'],
    default: 'on',
  })
  return choice === 'on'
}

/** Reads the scale of each record type, and the prior of its scores. */
export function readRules(flags: Flags): ScoringRules {
  const scales = readScales(flags)
  const means = readPriorMeans(flags)
  const weight = flags.number({
    flag: 'prior-weight',
    help: 'the weight of the assumed mean, in ratings',
    default: defaultPriorWeight,
    min: 0,
    max: 1_000_000,
  })
  const scoringOf = (recordType: string, scale = defaultScale): Scoring => {
    const mean = means.get(recordType) ?? means.get('') ?? (scale.min + scale.max) / 2
    if (mean < scale.min || mean > scale.max) {
      const name = recordType === '' ? 'all other record types' : recordType
      flags.refuse(`--prior-mean is ${mean}: give a number on the scale of ${name}`)
    }
    return { scale, prior: { mean, weight } }
  }
  const types = new Set([...scales.keys(), ...means.keys()])
  types.delete('')
  const named = new Map([...types].map((type) => [type, scoringOf(type, scales.get(type))]))
  return { named, others: scoringOf('') }
}

/** Matches the record types that ratings accept. */
const recordTypeForm = /^[^\s\p{Cc}=,]{1,64}$/u

/** Returns the scale by record type. */
function readScales(flags: Flags): Map<string, Scale> {
  const given = flags.list({
    flag: 'scale',
    help: `the values of a record type, as TYPE=MIN:MAX:STEP, separated by commas: movie=1:10:1. All others are on ${scaleText(defaultScale)}`,
  })
  const scales = new Map<string, Scale>()
  for (const text of given) {
    const [recordType = '', ...rest] = text.split('=')
    try {
      if (!recordTypeForm.test(recordType)) throw new RangeError('it must begin with a record type')
      if (scales.has(recordType)) throw new RangeError('each record type must be there once')
      scales.set(recordType, createScale(rest.join('=')))
    } catch (error) {
      flags.refuse(`--scale is "${text}": ${(error as Error).message}`)
    }
  }
  return scales
}

/** Returns the assumed mean by record type, with an empty type for all others. */
function readPriorMeans(flags: Flags): Map<string, number> {
  const given = flags.list({
    flag: 'prior-mean',
    help: 'the assumed mean of a record that nobody has rated, also by record type, such as 3 or 3,photo=0.5; empty for the middle of each scale',
  })
  const means = new Map<string, number>()
  for (const text of given) {
    const [, recordType = '', number = ''] = /^(?:(.*)=)?(-?[\d.]+)$/.exec(text) ?? []
    const isKnown = means.has(recordType)
    if (isKnown || !Number.isFinite(Number(number)) || number === '') {
      flags.refuse(`--prior-mean is "${text}": give a number, or TYPE=NUMBER, each type once`)
    } else means.set(recordType, Number(number))
  }
  return means
}
