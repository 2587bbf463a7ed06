import type { Registry } from './port.ts'
import type { StaticRegistryOptions } from './static.ts'

/** Which registry to use, and what it needs. */
export type RegistryConfig =
  | ({ readonly kind: 'static' } & StaticRegistryOptions)
  | { readonly kind: 'in-process' }

/** Opens the configured registry. Only the module of that one is loaded. */
export async function openRegistry(config: RegistryConfig): Promise<Registry> {
  switch (config.kind) {
    case 'static':
      return (await import('./static.ts')).createStaticRegistry(config)
    case 'in-process':
      return (await import('./in-process.ts')).createInProcessRegistry()
  }
}
