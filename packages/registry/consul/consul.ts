import type { Logger } from 'pino'
import type { Registry, RegistryCapabilities, Watch } from '../port.ts'
import { type ConsulConfig, readAddress } from './address.ts'
import { type ConsulAddress, createConsulClient } from './client.ts'
import { keepRegistered } from './registration.ts'
import { serviceName, toConsulService } from './service.ts'
import { type Followed, followService } from './watch.ts'

/** How long a watch waits for the first answer, in milliseconds. */
const firstAnswerTimeoutMs = 2_000

export const consulCapabilities: RegistryCapabilities = {
  announces: true,
  shared: 'network',
  checksHealth: true,
}

export interface ConsulDependencies {
  readonly log: Logger
  /** From 0 to below 1. */
  readonly random?: () => number
  /** Milliseconds that never go back. */
  readonly clock?: () => number
}

/** Opens the registry in Consul. Rejects when a file of the configuration cannot be read; Consul may be away. */
export async function openConsulRegistry(
  config: ConsulConfig,
  dependencies: ConsulDependencies,
): Promise<Registry> {
  return createConsulRegistry(config, await readAddress(config), dependencies)
}

/**
 * A registry in Consul. Nothing waits for Consul longer than a moment: what is followed keeps its last list while it is
 * away; what is registered is registered once it is there, and again when it has forgotten.
 */
function createConsulRegistry(
  config: ConsulConfig,
  address: ConsulAddress,
  { log, random = Math.random, clock = () => performance.now() }: ConsulDependencies,
): Registry {
  const services = new Map<string, SharedService>()
  const registrations = new Set<AsyncDisposable>()
  const counts = { errors: 0, registrations: 0 }
  const client = createConsulClient(address, (error) => {
    counts.errors++
    log.warn({ reason: error.message }, 'left out: an instance in Consul that cannot be called')
  })

  function follow(service: string): SharedService {
    const name = serviceName(config.prefix, service)
    const onAnswer = createListener(log.child({ service: name }), counts)
    const query: Parameters<typeof followService>[0]['query'] = (query) =>
      client.passing(name, query)
    return { followed: followService({ ...config, query, random, clock, onAnswer }), watchCount: 0 }
  }

  function leave(service: string, shared: SharedService): void {
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
        random,
        onAnswer: createListener(registrationLog, counts),
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
      await within(firstAnswerTimeoutMs, shared.followed.asked)
      return createWatch(shared.followed, () => leave(service, shared))
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

function createWatch(followed: Followed, leave: () => void): Watch {
  let isDisposed = false
  return {
    get instances() {
      return followed.instances
    },
    [Symbol.dispose]() {
      if (!isDisposed) leave()
      isDisposed = true
    },
  }
}

/** Counts errors, and logs the first of a row and the end of it. */
function createListener(log: Logger, counts: { errors: number }): (error?: unknown) => void {
  let isAway = false
  return (error) => {
    const isError = error !== undefined
    if (isError) counts.errors++
    if (isError === isAway) return
    isAway = isError
    if (isError) log.warn({ reason: (error as Error).message }, 'Consul cannot be asked')
    else log.info('Consul can be asked again')
  }
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([work, promise]).finally(() => clearTimeout(timer))
}
