import { setTimeout as delay } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import { toDuration } from '@marquee/connect-hono/duration'
import {
  type Connection,
  createConnection,
  createHttp2Context,
} from '@marquee/grpc-transport/connection'
import type { Instance, Registry, Watch } from '@marquee/registry/port'
import { callAs, type ServiceToken } from '@marquee/service/auth/service-token'
import { durationBoundsMs } from '@marquee/service/metrics/tally'
import {
  type InstanceCalls,
  InstanceCallsSchema,
  type InstanceReport,
  ServiceReportSchema,
  type SystemSample,
  type WatchSystemResponse,
  WatchSystemResponseSchema,
} from '../../gen/system/v1/system_pb.ts'
import {
  type CallsFilter,
  createInstanceProbe,
  type InstanceProbe,
  reasonOf,
} from './instance-probe.ts'
import { createSystemSamples } from './system-samples.ts'

/** Probes all instances, round after round, until it is disposed. */
export interface SystemRounds extends Disposable {
  /**
   * Returns the report of the last round, or `undefined` before the first one. Throws when the
   * registry fails.
   */
  report(): WatchSystemResponse | undefined
  /** Returns the samples of the last hour, oldest first. Never waits. */
  samples(): readonly SystemSample[]
  /** True when the rounds have ended because of a failure. */
  hasFailed(): boolean
  /** Returns the last calls of the instances of a service, or of all with an empty text. */
  listCalls(service: string, filter: CallsFilter): Promise<InstanceCalls[]>
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
const durationBounds = durationBoundsMs.map(toDuration)

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
  const samples = createSystemSamples()
  const probes = createProbes(options)
  const started = Promise.withResolvers<Roster>()
  // When nobody waits for the start, its failure is not an unhandled rejection.
  started.promise.catch(() => {})

  async function run(): Promise<void> {
    using stack = new DisposableStack()
    stack.use(probes)
    const rosterOf = await followInstances(options, stack)
    started.resolve(rosterOf)
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
        durationBounds,
      })
      samples.add(report, performance.now())
      onReport()
      await nextRound
    }
  }

  run().catch((error: Error) => {
    failure = error
    started.reject(error)
    onReport()
  })
  return {
    report() {
      if (failure !== undefined) throw failure
      return report
    },
    samples: () => samples.all(),
    hasFailed: () => failure !== undefined,
    async listCalls(wanted, filter) {
      const roster = (await started.promise)()
      const known = roster.filter(([service]) => wanted === '' || service === wanted)
      const calls = known.flatMap(([service, instances]) =>
        instances.map((instance) => probes.listCalls(service, instance, filter)),
      )
      return Promise.all(calls)
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
  listCalls(service: string, instance: Instance, filter: CallsFilter): Promise<InstanceCalls>
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
    async listCalls(service, instance, filter) {
      const { id } = instance
      try {
        const calls = await probeOf(instance).listCalls(filter)
        return create(InstanceCallsSchema, { service, id, calls })
      } catch (error) {
        const unreachableReason = reasonOf(error, timeoutMs)
        return create(InstanceCallsSchema, { service, id, unreachableReason })
      }
    },
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
