import { setTimeout as delay } from 'node:timers/promises'
import type { DescService } from '@bufbuild/protobuf'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { withReason } from './errors/rpc-reasons.ts'
import { quoted } from './errors/text.ts'
import {
  Health as HealthService,
  HealthCheckResponse_ServingStatus as Status,
} from './gen/grpc/health/v1/health_pb.ts'
import type { RpcRouter } from './router.ts'

/** The state of the process that the health service reports. */
export interface HealthSource {
  /**
   * Returns the reasons why the process cannot handle calls (`calls`), or why it is not ready.
   * Empty when there are none.
   */
  problems(concern?: 'calls'): readonly unknown[]
  /** Aborted with a `ShutdownError` when the process starts to shut down. */
  readonly draining?: AbortSignal | undefined
}

/** A service of another process, whose calls a gateway forwards. */
export interface ForeignService {
  readonly service: DescService
  /** Returns why its calls cannot be handled, or `undefined` when they can. */
  readonly condition: () => string | undefined
}

/** Interval at which a watch checks the health, in milliseconds. */
const watchIntervalMs = 250

/**
 * Registers `grpc.health.v1.Health`
 * (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). The empty name stands for the
 * whole process. A service is `SERVING` while its calls can be handled, even when the process is
 * not ready otherwise.
 * @param services read at each call, so that services may be added later.
 * @param foreign services of other processes, read at each call.
 */
export function addHealth(
  router: RpcRouter,
  health: HealthSource,
  services: Iterable<DescService>,
  foreign: Iterable<ForeignService> = [],
): void {
  const names = () => {
    const all = [...services, ...Array.from(foreign, ({ service }) => service)]
    return ['', ...all.map(({ typeName }) => typeName)]
  }
  const foreignProblem = (name: string) =>
    [...foreign].find(({ service }) => service.typeName === name)?.condition()
  const status = (service: string) => {
    if (!names().includes(service)) return Status.SERVICE_UNKNOWN
    const problems = health.problems(service === '' ? undefined : 'calls')
    const isGood = problems.length === 0 && foreignProblem(service) === undefined
    return isGood ? Status.SERVING : Status.NOT_SERVING
  }
  const implementation: ServiceImpl<typeof HealthService> = {
    check({ service }) {
      if (names().includes(service)) return { status: status(service) }
      const text = `service ${quoted(service)} is unknown: list the services with List`
      const error = new ConnectError(text, Code.NotFound)
      throw withReason(error, 'HEALTH_SERVICE_UNKNOWN', { service })
    },
    list() {
      return {
        statuses: Object.fromEntries(names().map((name) => [name, { status: status(name) }])),
      }
    },
    async *watch({ service }, { signal }) {
      const { draining } = health
      const ended = draining ? AbortSignal.any([signal, draining]) : signal
      let last: Status | undefined
      while (!signal.aborted) {
        const next = status(service)
        if (next !== last) yield { status: next }
        last = next
        draining?.throwIfAborted()
        await delay(watchIntervalMs, undefined, { signal: ended }).catch(() => {})
      }
    },
  }
  // A watch reports the shutdown itself before it ends.
  router.service(HealthService, implementation, { drains: false, repeatsState: true })
}
