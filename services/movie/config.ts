import { retriesMax } from '@marquee/grpc-transport/retry'
import type { RegistryConfig } from '@marquee/registry/open'
import type { ServiceIdentity } from '@marquee/service/auth/service-token'
import type { SignInOptions } from '@marquee/service/auth/session/open'
import { readServiceIdentity } from '@marquee/service/flags/auth'
import { type Flags, type FlagsSource, readFlags } from '@marquee/service/flags/flags'
import { readConsulConfig, readServiceOrigins } from '@marquee/service/flags/registry'
import { readServiceOptions, type ServiceOptions } from '@marquee/service/flags/service'
import { readSignIn } from '@marquee/service/flags/sign-in'
import { type PageConfig, readPageConfig } from './page.ts'

export interface MovieOptions extends ServiceOptions {
  /** Maximum number of retries of a call to another service. */
  readonly retriesMax: number
  readonly page: PageConfig
  /** Identity in calls to other services. Default: none, and their activity may be refused. */
  readonly identity?: ServiceIdentity
  /** How people sign in to the page. Default: nobody does. */
  readonly signIn?: SignInOptions | undefined
}

export interface MovieConfig extends MovieOptions {
  /** Registry of the services that movie calls. */
  readonly registry: RegistryConfig
}

/**
 * Default maximum of streams of one client. An office or a proxy may be one client, and others
 * still have the rest. The other services have no such maximum by default, because their clients
 * are the instances of movie, which stand for many users.
 */
export const streamsPerClientMax = 12_000

const usage = 'services/movie/main.ts: movies with their ratings'

export function readMovieConfig(
  source: FlagsSource = { args: process.argv.slice(2), env: process.env },
): MovieConfig {
  const flags = readFlags(usage, source)
  const service = readServiceOptions(flags, 8083, streamsPerClientMax)
  const consul = readConsulConfig(flags, service.advertise)
  const addresses = {
    metadata: readServiceOrigins(flags, 'metadata', 'http://localhost:8081', consul),
    rating: readServiceOrigins(flags, 'rating', 'http://localhost:8082', consul),
  }
  const page = readPageConfig(flags)
  const identity = readServiceIdentity(flags, 'movie', service.auth)
  const signIn = readSignIn(flags, service.auth)
  if (signIn?.keys.length === 0 && service.workers > 1) {
    flags.refuse(
      `--workers is ${service.workers}, and sessions have to be read by each: set --session-key-file`,
    )
  }
  const retries = { retriesMax: readRetriesMax(flags) }
  flags.finish()
  const registry = consul ?? { kind: 'static' as const, addresses }
  return { ...service, page, signIn, ...retries, registry, ...(identity && { identity }) }
}

/** Reads how often a call that is safe to repeat is retried. */
export function readRetriesMax(flags: Flags): number {
  return flags.integer({
    flag: 'retries-max',
    help: 'maximum number of retries of a call to metadata or rating that is safe to repeat',
    default: retriesMax,
    min: 0,
    max: 5,
  })
}
