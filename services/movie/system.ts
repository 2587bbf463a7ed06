import type { Instance } from '@marquee/registry/port'
import { nextWake, type Watcher } from '@marquee/service/watcher'
import type { WatchSystemResponse } from '../../gen/system/v1/system_pb.ts'
import { type SystemRounds, type SystemRoundsOptions, startSystemRounds } from './system-rounds.ts'

/** Watches the health of the instances of all services. */
export interface SystemWatches extends Disposable {
  /**
   * Yields the last report, if there is one, then each new one, until the signal is aborted. A slow
   * reader gets only the latest report. Returns `undefined` when too many watches are open.
   */
  watch(signal: AbortSignal): AsyncGenerator<WatchSystemResponse> | undefined
  /** Sets this instance, which reports show when the registry does not know it. Default: none. */
  setOwn(instance: Instance): void
}

export interface SystemWatchesOptions extends Omit<SystemRoundsOptions, 'own'> {
  /** Maximum number of open watches. Default: 1,000. */
  readonly watchesMax?: number
}

/**
 * Probes the instances once for all watches, over one connection each, and only while there are
 * watches.
 */
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
      let sent: WatchSystemResponse | undefined
      while (!signal.aborted) {
        const report = rounds?.report()
        if (report === undefined || report === sent) await nextWake(watcher, signal)
        else {
          sent = report
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
