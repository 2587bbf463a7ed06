import type { RegistryConfig } from '@marquee/registry/open'
import { type FlagsSource, readFlags } from '@marquee/service/flags/flags'
import { readConsulConfig } from '@marquee/service/flags/registry'
import { readServiceOptions, type ServiceOptions } from '@marquee/service/flags/service'

export interface MetadataOptions extends ServiceOptions {
  /** URL of the database: `memory:`, `sqlite:PATH` or `postgres://…`. */
  readonly databaseUrl: string
}

export interface MetadataConfig extends MetadataOptions {
  readonly registry: RegistryConfig
}

const usage = 'services/metadata/main.ts: the catalogue of movies'

export function readMetadataConfig(
  source: FlagsSource = { args: process.argv.slice(2), env: process.env },
): MetadataConfig {
  const flags = readFlags(usage, source)
  const service = readServiceOptions(flags, 8081)
  const config: MetadataConfig = {
    ...service,
    registry: readConsulConfig(flags, service.advertise) ?? { kind: 'static', addresses: {} },
    databaseUrl: flags.text({
      flag: 'database-url',
      help: 'the database of the catalogue: memory:, sqlite:PATH or postgres://…',
      default: 'sqlite:data/metadata.db',
    }),
  }
  flags.finish()
  return config
}
