import { join } from 'node:path'
import { rpcLimits } from '@marquee/connect-hono/limits'
import { type AddressList, createAddressList } from '@marquee/http/server/address-list'
import { readAuthOptions } from '@marquee/service/flags/auth'
import { readEventLogConfig } from '@marquee/service/flags/event-log'
import { readEventLogNames } from '@marquee/service/flags/event-log-names'
import { type FlagsSource, readFlags } from '@marquee/service/flags/flags'
import { readMemoryBudget } from '@marquee/service/flags/memory'
import {
  readAdmissionLimits,
  readClosed,
  readCors,
  readHosts,
  readLogOptions,
  readPort,
} from '@marquee/service/flags/service'
import { readSignIn } from '@marquee/service/flags/sign-in'
import { readTracingOptions } from '@marquee/service/flags/tracing'
import { readTrafficOptions } from '@marquee/service/flags/traffic'
import type { LogOptions } from '@marquee/service/logs/log'
import type { MetadataOptions } from './metadata/config.ts'
import { type MovieOptions, readRetriesMax, streamsPerClientMax } from './movie/config.ts'
import { readPageConfig } from './movie/page.ts'
import { type RatingOptions, readLogPolicy, readPublishes, readRules } from './rating/config.ts'

/** Configuration of the three services in one process. */
export interface DevConfig {
  readonly log: LogOptions
  /** Memory that all clients together may occupy, in bytes. */
  readonly memoryBytesMax: number
  readonly metadata: MetadataOptions
  readonly rating: RatingOptions
  readonly movie: MovieOptions
}

/** Options of the services that movie calls on behalf of all its users. */
const manyUsers = { streamsPerClientMax: rpcLimits.streamsPerClientMax }

/** Addresses of movie, whose traces the other two continue. */
const loopback = createAddressList(['127.0.0.0/8', '::1'])

const usage = 'services/dev.ts: all three services in one process, with a demo catalogue'

export function readDevConfig(
  source: FlagsSource = { args: process.argv.slice(2), env: process.env },
): DevConfig {
  const flags = readFlags(usage, source)
  const log = readLogOptions(flags, 'warn')
  const hosts = readHosts(flags)
  const auth = readAuthOptions(flags, hosts.host)
  const cors = readCors(flags)
  const closed = readClosed(flags)
  const traffic = readTrafficOptions(flags, streamsPerClientMax)
  const tracing = readTracingOptions(flags)
  const forMovie = {
    // Movie calls for all its users, and without tokens it does not say that it is movie.
    rates: undefined,
    rpcLimits: { ...traffic.rpcLimits, ...manyUsers },
    tracing: { ...tracing, incoming: either(tracing.incoming, loopback) },
  }
  const admissionLimits = readAdmissionLimits(flags)
  const data = flags.text({
    flag: 'data',
    help: 'the folder of the databases',
    default: 'data',
  })
  const memoryBytesMax = readMemoryBudget(flags)
  const on = (service: string, port: number) => ({
    log,
    ...hosts,
    auth,
    closed,
    ...cors,
    ...traffic,
    admissionLimits,
    memoryBytesMax,
    tracing,
    port: readPort(flags, `port-${service}`, port),
    workers: 1,
  })
  const config = {
    log,
    memoryBytesMax,
    metadata: {
      ...on('metadata', 8081),
      ...forMovie,
      databaseUrl: `sqlite:${join(data, 'metadata.db')}`,
      followsRatings: true,
    },
    rating: {
      ...on('rating', 8082),
      ...forMovie,
      databaseUrl: `sqlite:${join(data, 'rating.db')}`,
      eventLog: readEventLogConfig(flags, data),
      names: readEventLogNames(flags),
      logPolicy: readLogPolicy(flags),
      publishes: readPublishes(flags),
      rules: readRules(flags),
    },
    movie: {
      ...on('movie', 8083),
      page: readPageConfig(flags),
      signIn: readSignIn(flags, auth),
      retriesMax: readRetriesMax(flags),
    },
  }
  flags.finish()
  return config
}

function either(one: AddressList, other: AddressList): AddressList {
  return { has: (address) => one.has(address) || other.has(address) }
}
