import type { RegistryConfig } from '@marquee/registry/open'
import { readSettings, type SettingsSource } from '@marquee/service/flags/flags'
import { readConsulSettings } from '@marquee/service/flags/registry'
import { readServiceSettings, type ServiceSettings } from '@marquee/service/flags/service'

export interface MetadataSettings extends ServiceSettings {
  /** `memory:`, `sqlite:PATH` or `postgres://…`. */
  readonly databaseUrl: string
}

export interface MetadataConfig extends MetadataSettings {
  readonly registry: RegistryConfig
}

const usage = 'services/metadata/main.ts: what a movie is'

export function readMetadataConfig(
  source: SettingsSource = { args: process.argv.slice(2), env: process.env },
): MetadataConfig {
  const settings = readSettings(usage, source)
  const service = readServiceSettings(settings, 8081)
  const config: MetadataConfig = {
    ...service,
    registry: readConsulSettings(settings, service.advertise) ?? { kind: 'static', addresses: {} },
    databaseUrl: settings.text({
      flag: 'database-url',
      help: 'where the catalogue is kept: memory:, sqlite:PATH or postgres://…',
      default: 'sqlite:data/metadata.db',
    }),
  }
  settings.finish()
  return config
}
