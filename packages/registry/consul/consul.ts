import type { Logger } from 'pino'
import type { Registry, RegistryCapabilities, Watch } from '../port.ts'
import { type ConsulConfig, readAddress } from './address.ts'
import { createConsulClient } from './client.ts'
import { keepRegistered } from './registration.ts'
import { serviceName, toConsulService } from './service.ts'
import { type Followed, followService } from './watch.ts'

/** Time that a new watch waits for the first response, in milliseconds. */
const firstResponseTimeoutMs = 2_000

export const consulCapabilities: RegistryCapabilities = {
  announces: true,
  shared: 'network',
  checksHealth: true,
}

/**
 * Opens a registry in Consul. Rejects when a file of the configuration cannot be read.
 *
 * No call waits long for an unavailable Consul: a watch keeps its last list, and an instance is
 * registered once Consul is available, and again when Consul has lost it.
 */
export async function openConsulRegistry(config: ConsulConfig, log: Logger): Promise<Registry> {
  const address = await readAddress(config)
  const services = new Map<string, SharedService>()
  const registrations = new Set<AsyncDisposable>()
  const counts = { errors: 0, registrations: 0 }
  const client = createConsulClient(address, (error) => {
    counts.errors++
    log.warn(
      { reason: error.message },
      'ignored an instance in Consul with an address that cannot be called',
    )
  })

  function follow(service: string): SharedService {
    const name = serviceName(config.prefix, service)
    const onResult = createOutageLog(log.child({ service: name }), counts)
    const followed = followService({
      ...config,
      query: (query) => client.passing(name, query),
      onResult,
    })
    return { followed, watchCount: 0 }
  }

  function unfollow(service: string, shared: SharedService): void {
    shared.watchCount--
    if (shared.watchCount > 0) return
    shared.followed[Symbol.dispose]()
    services.delete(service)
  }

  return {
    capabilities: consulCapabilities,
    async register(instance) {
      const service = toConsulService(instance, config)
      const registrationLog = log.child({ instance: service.id })
      const registration = await keepRegistered({
        client,
        service,
        health: instance.health,
        intervalMs: config.checkIntervalMs,
        onResult: createOutageLog(registrationLog, counts),
        onRegistered: () => counts.registrations++,
        log: registrationLog,
      })
      registrations.add(registration)
      return {
        async [Symbol.asyncDispose]() {
          await registration[Symbol.asyncDispose]()
          registrations.delete(registration)
        },
      }
    },
    async watch(service) {
      const shared = services.get(service) ?? follow(service)
      services.set(service, shared)
      shared.watchCount++
      await within(firstResponseTimeoutMs, shared.followed.queried)
      return createWatch(shared.followed, () => unfollow(service, shared))
    },
    status: () => ({
      services: [...services].map(([service, { followed }]) => ({
        service,
        instanceCount: followed.instances.length,
        ageMs: followed.ageMs(),
      })),
      errorCount: counts.errors,
      registrationCount: counts.registrations,
    }),
    async [Symbol.asyncDispose]() {
      for (const { followed } of services.values()) followed[Symbol.dispose]()
      await Promise.all([...registrations].map((one) => one[Symbol.asyncDispose]()))
      client[Symbol.dispose]()
    },
  }
}

interface SharedService {
  readonly followed: Followed
  watchCount: number
}

function createWatch(followed: Followed, unfollow: () => void): Watch {
  let isDisposed = false
  return {
    get instances() {
      return followed.instances
    },
    [Symbol.dispose]() {
      if (!isDisposed) unfollow()
      isDisposed = true
    },
  }
}

/** Counts errors, and logs the beginning and the end of each outage. */
function createOutageLog(log: Logger, counts: { errors: number }): (error?: unknown) => void {
  let isUnavailable = false
  return (error) => {
    const isError = error !== undefined
    if (isError) counts.errors++
    if (isError === isUnavailable) return
    isUnavailable = isError
    if (isError) log.warn({ reason: (error as Error).message }, 'Consul is unavailable')
    else log.info('Consul is available again')
  }
}

async function within(timeoutMs: number, promise: Promise<void>): Promise<void> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([promise, timeout]).finally(() => clearTimeout(timer))
}
