import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { waitFor } from '@marquee/testing/wait-for'
import {
  RatingService,
  WatchAggregatedRatingsRequestSchema,
} from '../../gen/rating/v1/rating_pb.ts'
import { type Bench, ownName, startNeeded } from '../bench.ts'
import { processorTimeMs, residentMegabytes } from '../cpu.ts'
import { marquee } from '../peers.ts'
import { startViewers, type Viewed } from '../viewers.ts'

const name = 'fan-out'
const watcherCount = 10_000
const changeCount = 50
/** Pause between two changes, in milliseconds: far longer than one takes to reach everybody. */
const pauseMs = 300
const openTimeoutMs = 120_000
const changeTimeoutMs = 10_000
const recordId = 'watched'

const watched: Viewed = {
  path: `/${RatingService.typeName}/${RatingService.method.watchAggregatedRatings.name}`,
  encode(id) {
    const records = [{ recordType: 'movie', recordId: id }]
    const request = create(WatchAggregatedRatingsRequestSchema, { records })
    return toBinary(WatchAggregatedRatingsRequestSchema, request)
  },
}

/**
 * Measures 10,000 watchers of one record on one rating instance: the time from the commit of a
 * change to each watcher, and the reads of the store for each change.
 */
export async function measureFanOut(bench: Bench): Promise<void> {
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`${name}: round ${round} of ${bench.rounds}`)
    await using stack = new AsyncDisposableStack()
    const database = `sqlite:${join(bench.folder, `${round}-rating.db`)}`
    const rating = await startNeeded(marquee('fan-out', 'bun', '--database-url', database), stack)
    await measureRound(bench, rating.origins['2'] ?? '', rating.pid)
  }
}

async function measureRound(bench: Bench, origin: string, pid: number): Promise<void> {
  const report = (metric: string, unit: string, value: number) =>
    bench.report({ case: name, peer: ownName, metric, unit, value })
  const rssBeforeMb = residentMegabytes(pid)
  using viewers = startViewers(origin, Array(watcherCount).fill(recordId), watched)
  const areThere = () => viewers.seenCount + viewers.lostCount === watcherCount
  await waitFor(areThere, { what: 'all watchers to begin', timeoutMs: openTimeoutMs })
  const seenMs: number[] = []
  let arrivals: number[] = []
  viewers.onChange = () => void arrivals.push(performance.timeOrigin + performance.now())
  const before = await readsOf(origin)
  const usedMs = processorTimeMs(pid)
  for (let n = 0; n < changeCount; n++) {
    arrivals = []
    const committedMs = await rate(origin, `user-${n}`)
    const haveAll = () => arrivals.length === watcherCount
    await waitFor(haveAll, { what: 'a change to reach everybody', timeoutMs: changeTimeoutMs })
    for (const atMs of arrivals) seenMs.push(atMs - committedMs)
    await delay(pauseMs)
  }
  if (viewers.lostCount > 0) throw new Error(`${viewers.lostCount} watchers were lost`)
  const after = await readsOf(origin)
  const sorted = seenMs.toSorted((one, other) => one - other)
  const percentile = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN
  report('seen_p50_ms', 'ms', percentile(0.5))
  report('seen_p99_ms', 'ms', percentile(0.99))
  report('reads_per_change', 'reads', (after.changes - before.changes) / changeCount)
  report('other_reads', 'reads', after.states - before.states)
  report('cpu_ms_per_change', 'ms', (processorTimeMs(pid) - usedMs) / changeCount)
  report('rss_grown_mb', 'MB', residentMegabytes(pid) - rssBeforeMb)
}

/** Rates the record. Returns the time of the commit, in milliseconds since the Unix epoch. */
async function rate(origin: string, user: string): Promise<number> {
  const url = `${origin}/rate?record=${recordId}&user=${user}`
  const response = await fetch(url, { method: 'POST' })
  return ((await response.json()) as { committedMs: number }).committedMs
}

async function readsOf(origin: string): Promise<{ changes: number; states: number }> {
  return (await (await fetch(`${origin}/reads`)).json()) as { changes: number; states: number }
}
