import type { Instance, Registry, RegistryCapabilities } from '../port.ts'

export const inProcessCapabilities: RegistryCapabilities = {
  announces: true,
  shared: 'process',
  checksHealth: false,
}

/**
 * Creates a registry for services that run in one process and share it. A watch shows a
 * registration immediately. Disposing the registry removes every instance.
 */
export function createInProcessRegistry(): Registry {
  const services = new Map<string, readonly Instance[]>()
  const instancesOf = (service: string) => services.get(service) ?? []
  let registeredCount = 0
  return {
    capabilities: inProcessCapabilities,
    async register({ service, url }) {
      const instance: Instance = { id: `${service}-${++registeredCount}`, url }
      services.set(service, [...instancesOf(service), instance])
      return {
        async [Symbol.asyncDispose]() {
          services.set(
            service,
            instancesOf(service).filter((other) => other !== instance),
          )
        },
      }
    },
    watch: async (service) => ({
      get instances() {
        return instancesOf(service)
      },
      [Symbol.dispose]() {},
    }),
    status: () => ({
      services: [...services].map(([service, { length }]) => ({
        service,
        instanceCount: length,
        ageMs: 0,
      })),
      errorCount: 0,
      registrationCount: registeredCount,
    }),
    [Symbol.asyncDispose]: async () => services.clear(),
  }
}
