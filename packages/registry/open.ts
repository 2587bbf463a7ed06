import type { Logger } from 'pino'
import type { ConsulConfig } from './consul/address.ts'
import type { Registry } from './port.ts'
import type { StaticRegistryOptions } from './static/static.ts'

/** Registry to open, and its options. */
export type RegistryConfig =
  | ({ readonly kind: 'static' } & StaticRegistryOptions)
  | { readonly kind: 'in-process' }
  | ({ readonly kind: 'consul' } & ConsulConfig)

/** Opens the configured registry. Only its module is loaded. */
export async function openRegistry(config: RegistryConfig, log: Logger): Promise<Registry> {
  switch (config.kind) {
    case 'static':
      return (await import('./static/static.ts')).createStaticRegistry(config)
    case 'in-process':
      return (await import('./in-process/in-process.ts')).createInProcessRegistry()
    case 'consul':
      return await (await import('./consul/consul.ts')).openConsulRegistry(config, log)
  }
}
