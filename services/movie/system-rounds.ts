import { setTimeout as delay } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import {
  type Connection,
  createConnection,
  createHttp2Context,
} from '@marquee/grpc-transport/connection'
import type { Instance, Registry, Watch } from '@marquee/registry/port'
import { callAs, type ServiceToken } from '@marquee/service/auth/service-token'
import {
  type InstanceReport,
  ServiceReportSchema,
  type WatchSystemResponse,
  WatchSystemResponseSchema,
} from '../../gen/system/v1/system_pb.ts'
import { createInstanceProbe, type InstanceProbe } from './instance-probe.ts'

/** Probes all instances, round after round, until it is disposed. */
export interface SystemRounds extends Disposable {
  /**
   * Returns the report of the last round, or `undefined` before the first one. Throws when the
   * registry fails.
   */
  report(): WatchSystemResponse | undefined
}

export interface SystemRoundsOptions {
  readonly registry: Pick<Registry, 'watch'>
  /**
   * Returns this instance, for a registry that does not list it, or `undefined` while its address
   * is unknown.
   */
  readonly own: () => Instance | undefined
  /** Interval of the rounds, in milliseconds. Default: 1,000. */
  readonly intervalMs?: number
  /** Maximum time of a response, in milliseconds. Default: 2,000. */
  readonly timeoutMs?: number
  readonly connect?: (instance: Instance) => Connection
  /** Identity of this service in the calls. Default: none. */
  readonly token?: ServiceToken | undefined
}

/** Services, in the order of the reports. */
const services = ['movie', 'metadata', 'rating'] as const
/**
 * Time that a report waits for its probes, in milliseconds. A late result is in the next report.
 */
const gatherMs = 200

type Service = (typeof services)[number]
/** Returns the currently known instances of each service. */
type Roster = () => readonly (readonly [Service, readonly Instance[]])[]

/**
 * Starts the rounds.
 * @param onReport Called after each report, and after a failure, which ends the rounds.
 */
export function startSystemRounds(
  options: SystemRoundsOptions,
  onReport: () => void,
): SystemRounds {
  const { intervalMs = 1_000 } = options
  const ending = new AbortController()
  const { signal } = ending
  let report: WatchSystemResponse | undefined
  let failure: Error | undefined

  async function run(): Promise<void> {
    using stack = new DisposableStack()
    const rosterOf = await followInstances(options, stack)
    const probes = stack.use(createProbes(options))
    while (!signal.aborted) {
      const roster = rosterOf()
      const probed = probes.run(roster.flatMap(([, instances]) => instances))
      const nextRound = pause(intervalMs, signal)
      await Promise.race([probed, pause(gatherMs, signal)])
      if (signal.aborted) return
      report = create(WatchSystemResponseSchema, {
        time: timestampNow(),
        services: roster.map(([service, instances]) =>
          create(ServiceReportSchema, { service, instances: probes.reports(instances) }),
        ),
      })
      onReport()
      await nextRound
    }
  }

  run().catch((error: Error) => {
    failure = error
    onReport()
  })
  return {
    report() {
      if (failure !== undefined) throw failure
      return report
    },
    [Symbol.dispose]: () => ending.abort(),
  }
}

async function followInstances(
  { registry, own }: SystemRoundsOptions,
  stack: DisposableStack,
): Promise<Roster> {
  const watches: (readonly [Service, Watch])[] = []
  for (const service of services) watches.push([service, stack.use(await registry.watch(service))])
  return () =>
    watches.map(([service, { instances }]) => {
      const isUnknown = service === 'movie' && instances.length === 0
      const known = isUnknown ? [own() ?? []].flat() : instances
      return [service, known.toSorted((one, other) => (one.id < other.id ? -1 : 1))]
    })
}

interface Probes extends Disposable {
  /** Probes these instances, and drops all others. */
  run(instances: readonly Instance[]): Promise<unknown>
  reports(instances: readonly Instance[]): InstanceReport[]
}

function createProbes({ timeoutMs = 2_000, ...options }: SystemRoundsOptions): Probes {
  const context = createHttp2Context()
  const { connect: open = (instance: Instance) => createConnection(instance, { context }) } =
    options
  const connect = (instance: Instance) => {
    const connection = open(instance)
    return { ...connection, transport: callAs(options.token, connection.transport) }
  }
  const probes = new Map<string, InstanceProbe>()

  function probeOf(instance: Instance): InstanceProbe {
    const key = keyOf(instance)
    const probe = probes.get(key) ?? createInstanceProbe({ instance, timeoutMs, connect })
    probes.set(key, probe)
    return probe
  }

  function close(keys: Iterable<string>): void {
    for (const key of keys) {
      probes.get(key)?.[Symbol.dispose]()
      probes.delete(key)
    }
  }

  return {
    run(instances) {
      const present = new Set(instances.map(keyOf))
      close([...probes.keys()].filter((key) => !present.has(key)))
      return Promise.all(instances.map((instance) => probeOf(instance).probe()))
    },
    reports: (instances) =>
      instances.flatMap((instance) => probes.get(keyOf(instance))?.report() ?? []),
    [Symbol.dispose]: () => close([...probes.keys()]),
  }
}

/** An instance at another address is another one, even with the same id. */
function keyOf({ id, url }: Instance): string {
  return `${id} ${url}`
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, { signal }).catch(() => {})
}
