import { retriesMax } from '@marquee/grpc-transport/retry'
import type { RegistryConfig } from '@marquee/registry/open'
import { type Flags, type FlagsSource, readFlags } from '@marquee/service/flags/flags'
import { readConsulConfig } from '@marquee/service/flags/registry'
import { readServiceOptions, type ServiceOptions } from '@marquee/service/flags/service'
import { type PageConfig, readPageConfig } from './page.ts'

export interface MovieOptions extends ServiceOptions {
  /** How many times a call of another service is retried at most. */
  readonly retriesMax: number
  readonly page: PageConfig
}

export interface MovieConfig extends MovieOptions {
  /** Where the services are that movie asks. */
  readonly registry: RegistryConfig
}

/**
 * Streams of one client, by default: an office or a proxy may be one, and others still have the rest. The other services
 * have no such bound by default, because their clients are movie's instances, which stand for many.
 */
export const streamsPerClientMax = 12_000

const usage = 'services/movie/main.ts: movies with their ratings'

export function readMovieConfig(
  source: FlagsSource = { args: process.argv.slice(2), env: process.env },
): MovieConfig {
  const flags = readFlags(usage, source)
  const service = readServiceOptions(flags, 8083, streamsPerClientMax)
  const consul = readConsulConfig(flags, service.advertise)
  const addresses = readAddresses(flags, consul !== undefined)
  const page = readPageConfig(flags)
  const retries = { retriesMax: readRetriesMax(flags) }
  flags.finish()
  return { ...service, page, ...retries, registry: consul ?? { kind: 'static', addresses } }
}

/** Reads how often a call that is safe to repeat is retried. */
export function readRetriesMax(flags: Flags): number {
  return flags.integer({
    flag: 'retries-max',
    help: 'how many times a call of metadata or rating is retried that is safe to repeat',
    default: retriesMax,
    min: 0,
    max: 5,
  })
}

/** Reads where metadata and rating are. With Consul it alone knows. */
function readAddresses(flags: Flags, isInConsul: boolean) {
  const read = (service: string, url: string) => {
    const flag = `${service}-url`
    const help = `where the ${service} service is, without Consul; several by commas`
    const origins = flags.origins({ flag, help, default: isInConsul ? '' : url })
    if (isInConsul && origins.length > 0) {
      flags.refuse(`--${flag} and --consul-http-addr exclude each other: leave one out`)
    }
    return origins
  }
  return {
    metadata: read('metadata', 'http://localhost:8081'),
    rating: read('rating', 'http://localhost:8082'),
  }
}
