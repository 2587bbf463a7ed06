import type { Instance } from '@marquee/registry/port'
import { nextWake, type Watcher } from '@marquee/service/watcher'
import type {
  InstanceCalls,
  SystemSample,
  WatchSystemResponse,
} from '../../gen/system/v1/system_pb.ts'
import type { CallsFilter } from './instance-probe.ts'
import { type SystemRounds, type SystemRoundsOptions, startSystemRounds } from './system-rounds.ts'

/** Watches the health of the instances of all services. */
export interface SystemWatches extends Disposable {
  /**
   * Yields the last report, if there is one, then each new one, until the signal is aborted. A slow
   * reader gets only the latest report. Returns `undefined` when too many watches are open.
   */
  watch(signal: AbortSignal): AsyncGenerator<WatchSystemResponse> | undefined
  /** Returns the last calls of the instances of a service, or of all with an empty text. */
  listCalls(service: string, filter: CallsFilter): Promise<InstanceCalls[]>
  /** Sets this instance, which reports show when the registry does not know it. Default: none. */
  setOwn(instance: Instance): void
}

export interface SystemWatchesOptions extends Omit<SystemRoundsOptions, 'own'> {
  /** Maximum number of open watches. Default: 1,000. */
  readonly watchesMax?: number
  /**
   * Time for which the probes go on after the last watch, in milliseconds, so that the next one has
   * samples. Default: 900,000.
   */
  readonly lingerMs?: number
}

/**
 * Probes the instances once for all watches, over one connection each, while there are watches and
 * for some time longer.
 */
export function createSystemWatches(options: SystemWatchesOptions): SystemWatches {
  const { watchesMax = 1_000, lingerMs = 900_000 } = options
  const watchers = new Set<Watcher>()
  let rounds: SystemRounds | undefined
  let own: Instance | undefined

  let lingering: NodeJS.Timeout | undefined

  function start(): SystemRounds {
    clearTimeout(lingering)
    rounds ??= startSystemRounds({ ...options, own: () => own }, () => {
      for (const { wake } of watchers) wake()
    })
    return rounds
  }

  /** Ends the probes when nobody has needed them for a while. */
  function linger(): void {
    if (watchers.size > 0) return
    clearTimeout(lingering)
    if (lingerMs === 0 || rounds?.hasFailed()) stop()
    else lingering = setTimeout(stop, lingerMs).unref()
  }

  function stop(): void {
    clearTimeout(lingering)
    rounds?.[Symbol.dispose]()
    rounds = undefined
  }

  async function* follow(signal: AbortSignal) {
    const watcher: Watcher = { wake: () => {} }
    watchers.add(watcher)
    const current = start()
    try {
      let sent: WatchSystemResponse | undefined
      let lastSample: SystemSample | undefined
      while (!signal.aborted) {
        const report = current.report()
        if (report === undefined || report === sent) await nextWake(watcher, signal)
        else {
          sent = report
          const all = current.samples()
          const samples = all.slice(lastSample === undefined ? 0 : all.indexOf(lastSample) + 1)
          lastSample = all.at(-1)
          yield { ...report, samples }
        }
      }
    } finally {
      watchers.delete(watcher)
      linger()
    }
  }
  return {
    watch: (signal) => (watchers.size < watchesMax ? follow(signal) : undefined),
    async listCalls(service, filter) {
      try {
        return await start().listCalls(service, filter)
      } finally {
        linger()
      }
    },
    setOwn(instance) {
      own = instance
    },
    [Symbol.dispose]: stop,
  }
}
