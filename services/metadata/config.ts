import {
  readServiceSettings,
  type ServiceSettings,
} from '../../platform/process/service-settings.ts'
import { readSettings, type SettingsSource } from '../../platform/process/settings.ts'

export interface MetadataConfig extends ServiceSettings {
  /** `memory:` or `sqlite:PATH`. */
  readonly databaseUrl: string
}

const usage = 'services/metadata/main.ts: what a movie is'

export function readMetadataConfig(
  source: SettingsSource = { args: process.argv.slice(2), env: process.env },
): MetadataConfig {
  const settings = readSettings(usage, source)
  const config = {
    ...readServiceSettings(settings, 8081),
    databaseUrl: settings.text({
      flag: 'database-url',
      help: 'where the catalogue is kept: memory: or sqlite:PATH',
      default: 'sqlite:data/metadata.db',
    }),
  }
  settings.finish()
  return config
}
