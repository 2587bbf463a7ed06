import { join } from 'node:path'
import type { DescMessage, DescMethodUnary, MessageInitShape } from '@bufbuild/protobuf'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { type Bench, ownName, type Peer, startNeeded } from '../bench.ts'
import { prepareLoad } from '../calls.ts'
import { loadCatalogue, movieId } from '../catalogue.ts'
import { findOverload, type Outcomes, type Overload } from '../overload.ts'
import { marquee } from '../peers.ts'
import { grpc } from '../wire.ts'

/** Offered load, as multiples of the capacity. */
const factors = [0.5, 1, 2, 4]
const runSeconds = 5
/**
 * Seconds of load before each run, at its rate. The service refuses calls only after three seconds
 * of overload.
 */
const leadSeconds = 4
const warmUp = { callsPerSecond: 100, seconds: 3, retries: 0 }
/**
 * Duration of the runs that search the capacity, each with more calls per second than the run
 * before.
 */
const searchSeconds = 2
const searchStep = 1.4
const firstCallsPerSecond = 50
const callsPerSecondMax = 100_000
/** Minimum share of good calls at which a rate counts as within the capacity. */
const goodShareMin = 0.97

interface Subject<I extends DescMessage, O extends DescMessage> {
  readonly name: string
  readonly method: DescMethodUnary<I, O>
  readonly request: MessageInitShape<I>
  readonly retries: number
}

/**
 * Measures calls beyond the capacity of a service: how many are good, how long these take, and
 * whether /readyz responds.
 */
export async function measureOverload(bench: Bench): Promise<void> {
  const found = await findOverload()
  if ('missing' in found) throw new Error(found.missing)
  await using stack = new AsyncDisposableStack()
  const file = (name: string) => join(bench.folder, name)
  const catalogue = ['--database-url', await loadCatalogue(bench.folder)]
  const metadata = await startNeeded(marquee('metadata', 'bun', ...catalogue), stack)
  const databases = ['--database-url', `sqlite:${file('rating.db')}`, '--event-log', file('log.db')]
  const rating = await startNeeded(marquee('rating', 'bun', ...databases), stack)
  const origins = ['--metadata-url', originOf(metadata), '--rating-url', originOf(rating)]
  const movie = await startNeeded(marquee('movie', 'bun', ...origins), stack)

  const { getMetadata, listMetadata } = MetadataService.method
  const list = { method: listMetadata, request: { query: 'the', pageSize: 100 } }
  const get = { method: getMetadata, request: { movieId } }
  const movies = { method: MovieService.method.listMovies, request: { pageSize: 50 } }
  const offer = found.value
  await measure(bench, offer, metadata, { name: 'ListMetadata', ...list, retries: 0 })
  await measure(bench, offer, metadata, { name: 'ListMetadata-retried', ...list, retries: 2 })
  await measure(bench, offer, metadata, { name: 'GetMetadata', ...get, retries: 0 })
  await measure(bench, offer, movie, { name: 'ListMovies', ...movies, retries: 0 })
}

async function measure<I extends DescMessage, O extends DescMessage>(
  bench: Bench,
  offer: Overload,
  peer: Peer,
  { name, method, request, retries }: Subject<I, O>,
): Promise<void> {
  const toLoad = await prepareLoad(
    { name, wire: grpc, method, request, response: [] },
    bench.folder,
  )
  const load = toLoad(peer)
  bench.log(`overload: ${name}: searching the capacity`)
  await offer(load, warmUp)
  const capacity = await findCapacity((callsPerSecond) =>
    offer(load, { callsPerSecond, seconds: searchSeconds, retries: 0 }),
  )
  report(bench, name, 'capacity_per_s', '1/s', capacity)
  for (let round = 1; round <= bench.rounds; round++) {
    const curve: Outcomes[] = []
    for (const factor of factors) {
      bench.log(`overload: ${name}: ${factor} × ${Math.round(capacity)}, round ${round}`)
      const callsPerSecond = factor * capacity
      await offer(load, { callsPerSecond, seconds: leadSeconds, retries })
      const outcomes = await offer(load, { callsPerSecond, seconds: runSeconds, retries })
      reportOutcomes(bench, `${name} ${factor}x`, outcomes)
      curve.push(outcomes)
    }
    reportTargets(bench, name, curve)
  }
}

/** Checks the last point of the curve against the best and the first one. */
function reportTargets(bench: Bench, name: string, curve: readonly Outcomes[]): void {
  const [unloaded, last] = [curve[0], curve.at(-1)]
  if (unloaded === undefined || last === undefined) return
  const peak = Math.max(...curve.map(({ good }) => good))
  const missed = curve.reduce((sum, { probes, probesGood }) => sum + probes - probesGood, 0)
  report(bench, name, 'lost_goodput', '%', 100 * (1 - last.good / peak))
  report(bench, name, 'p99_to_unloaded', '×', last.p99Ms / unloaded.p99Ms)
  report(bench, name, 'readyz_missed', '', missed)
}

/**
 * Returns the highest rate of good responses in runs of increasing load, until too many calls fail.
 */
async function findCapacity(run: (callsPerSecond: number) => Promise<Outcomes>): Promise<number> {
  let capacity = 0
  for (let rate = firstCallsPerSecond; rate < callsPerSecondMax; rate *= searchStep) {
    const { good, calls } = await run(rate)
    capacity = Math.max(capacity, good / searchSeconds)
    if (good < calls * goodShareMin) break
  }
  return capacity
}

function reportOutcomes(bench: Bench, what: string, outcomes: Outcomes): void {
  const { calls, good, byStatus } = outcomes
  const refused = Object.values(byStatus).reduce((sum, count) => sum + count, 0)
  report(bench, what, 'good_per_s', '1/s', good / runSeconds)
  report(bench, what, 'good_share', '%', (100 * good) / calls)
  report(bench, what, 'refused_share', '%', (100 * refused) / calls)
  report(bench, what, 'late_share', '%', (100 * (outcomes.late + outcomes.unsent)) / calls)
  report(bench, what, 'p50_ms', 'ms', outcomes.p50Ms)
  report(bench, what, 'p99_ms', 'ms', outcomes.p99Ms)
  report(bench, what, 'readyz_share', '%', (100 * outcomes.probesGood) / outcomes.probes)
  report(bench, what, 'readyz_p99_ms', 'ms', outcomes.probeP99Ms)
}

function report(bench: Bench, what: string, metric: string, unit: string, value: number): void {
  bench.report({ case: `overload ${what}`, peer: ownName, metric, unit, value })
}

function originOf(peer: Peer): string {
  return peer.origins['2'] ?? ''
}
