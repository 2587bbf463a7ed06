import type { RegistryConfig } from '@marquee/registry/open'
import { type FlagsSource, readFlags } from '@marquee/service/flags/flags'
import { readConsulConfig, readServiceOrigins } from '@marquee/service/flags/registry'
import { readServiceOptions, type ServiceOptions } from '@marquee/service/flags/service'
import { requireSharedDatabase } from '@marquee/service/flags/workers'

export interface MetadataOptions extends ServiceOptions {
  /** URL of the database: `memory:`, `sqlite:PATH` or `postgres://…`. */
  readonly databaseUrl: string
  /** `true` when lists may be filtered and ordered by ratings, which the rating service sends. */
  readonly followsRatings: boolean
}

export interface MetadataConfig extends MetadataOptions {
  /** Registry of the rating service, and of this one. */
  readonly registry: RegistryConfig
}

const usage = 'services/metadata/main.ts: the catalogue of movies'

export function readMetadataConfig(
  source: FlagsSource = { args: process.argv.slice(2), env: process.env },
): MetadataConfig {
  const flags = readFlags(usage, source)
  const service = readServiceOptions(flags, 8081)
  const consul = readConsulConfig(flags, service.advertise)
  const rating = readServiceOrigins(flags, 'rating', 'http://localhost:8082', consul)
  const databaseUrl = flags.text({
    flag: 'database-url',
    help: 'the database of the catalogue: memory:, sqlite:PATH or postgres://…',
    default: 'sqlite:data/metadata.db',
  })
  requireSharedDatabase(flags, service.workers, databaseUrl)
  const config: MetadataConfig = {
    ...service,
    registry: consul ?? { kind: 'static', addresses: { rating } },
    followsRatings: consul !== undefined || rating.length > 0,
    databaseUrl,
  }
  flags.finish()
  return config
}
