import type { Instance, Registry, RegistryCapabilities, RegistryStatus } from '../port.ts'

export const staticCapabilities: RegistryCapabilities = {
  announces: false,
  shared: 'process',
  checksHealth: false,
}

export interface StaticRegistryOptions {
  /** URLs of the instances of each service, by the service's short name. */
  readonly addresses: Readonly<Record<string, readonly string[]>>
}

/**
 * Creates a registry whose instances are fixed by configuration. Registering does nothing. Throws a
 * `TypeError` when an address is not a URL.
 */
export function createStaticRegistry({ addresses }: StaticRegistryOptions): Registry {
  const services = new Map<string, readonly Instance[]>()
  for (const [service, urls] of Object.entries(addresses)) {
    const origins = new Set(urls.map((url) => new URL(url).origin))
    services.set(
      service,
      [...origins].map((url) => ({ id: `${service}@${url}`, url })),
    )
  }
  const status: RegistryStatus = {
    services: [...services].map(([service, { length }]) => ({
      service,
      instanceCount: length,
      ageMs: 0,
    })),
    errorCount: 0,
    registrationCount: 0,
  }
  return {
    capabilities: staticCapabilities,
    register: async () => ({ [Symbol.asyncDispose]: async () => {} }),
    watch: async (service) => ({
      instances: services.get(service) ?? [],
      [Symbol.dispose]() {},
    }),
    status: () => status,
    [Symbol.asyncDispose]: async () => {},
  }
}
