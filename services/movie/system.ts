import type { Instance } from '@marquee/registry/port'
import { nextWake, type Watcher } from '@marquee/service/watcher'
import type { WatchSystemResponse } from '../../gen/system/v1/system_pb.ts'
import { type SystemRounds, type SystemRoundsOptions, startSystemRounds } from './system-rounds.ts'

/** Follows how the instances of all services do. */
export interface SystemWatches extends Disposable {
  /**
   * A report at once when there is one, then each further one, until the signal is aborted. Reports that come while the
   * reader is busy are told once, by the last of them. Answers undefined when there are too many watches already.
   */
  watch(signal: AbortSignal): AsyncGenerator<WatchSystemResponse> | undefined
  /** Sets this instance, which reports show when the registry does not know it. Default: none. */
  setOwn(instance: Instance): void
}

export interface SystemWatchesOptions extends Omit<SystemRoundsOptions, 'own'> {
  /** Watches open at once; 1,000 unless told. */
  readonly watchesMax?: number
}

/** Asks the instances once for all watches, each by a connection of its own, and only while there are watches. */
export function createSystemWatches(options: SystemWatchesOptions): SystemWatches {
  const { watchesMax = 1_000 } = options
  const watchers = new Set<Watcher>()
  let rounds: SystemRounds | undefined
  let own: Instance | undefined

  function join(watcher: Watcher): void {
    watchers.add(watcher)
    rounds ??= startSystemRounds({ ...options, own: () => own }, () => {
      for (const { wake } of watchers) wake()
    })
  }

  function leave(watcher: Watcher): void {
    watchers.delete(watcher)
    if (watchers.size === 0) stop()
  }

  function stop(): void {
    rounds?.[Symbol.dispose]()
    rounds = undefined
  }

  async function* follow(signal: AbortSignal) {
    const watcher: Watcher = { wake: () => {} }
    join(watcher)
    try {
      let told: WatchSystemResponse | undefined
      while (!signal.aborted) {
        const report = rounds?.report()
        if (report === undefined || report === told) await nextWake(watcher, signal)
        else {
          told = report
          yield report
        }
      }
    } finally {
      leave(watcher)
    }
  }
  return {
    watch: (signal) => (watchers.size < watchesMax ? follow(signal) : undefined),
    setOwn(instance) {
      own = instance
    },
    [Symbol.dispose]: stop,
  }
}
