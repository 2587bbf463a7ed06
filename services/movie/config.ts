import {
  readServiceSettings,
  type ServiceSettings,
} from '../../platform/process/service-settings.ts'
import { readSettings, type SettingsSource } from '../../platform/process/settings.ts'

export interface MovieConfig extends ServiceSettings {
  /** Where the services are that movie asks, by name. */
  readonly addresses: { readonly metadata: readonly string[]; readonly rating: readonly string[] }
}

const usage = 'services/movie/main.ts: movies with their ratings'

export function readMovieConfig(
  source: SettingsSource = { args: process.argv.slice(2), env: process.env },
): MovieConfig {
  const settings = readSettings(usage, source)
  const config = {
    ...readServiceSettings(settings, 8083),
    addresses: {
      metadata: settings.origins({
        flag: 'metadata-url',
        help: 'where the metadata service is; several by commas',
        default: 'http://localhost:8081',
      }),
      rating: settings.origins({
        flag: 'rating-url',
        help: 'where the rating service is; several by commas',
        default: 'http://localhost:8082',
      }),
    },
  }
  settings.finish()
  return config
}
