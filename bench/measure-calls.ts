import type { DescMessage } from '@bufbuild/protobuf'
import { type Bench, ownName, type Peer } from './bench.ts'
import { type Call, checkResponse, prepareLoad } from './calls.ts'
import { processorTimeMs, residentMegabytes, residentMegabytesMax } from './cpu.ts'
import { toSpread } from './figures.ts'
import type { Load } from './load.ts'
import { findPace, type Pace } from './pace.ts'
import { toRates } from './rates.ts'

/**
 * Warm-up before the first round: a JavaScript engine compiles all code after some ten thousand
 * calls.
 */
const warmUpSeconds = 6
const floodSeconds = 2
const requestCountMinDefault = 2_000
const requestCountMax = 200_000

/** A run at a fixed rate is long enough for a 99th percentile, but bounded. */
const paceBounds = { callCountMin: 1_000, secondsMin: 3, secondsMax: 8 }

/** A peer that takes part until one of its runs fails. */
interface Entrant {
  readonly peer: Peer
  readonly load: Load
  /** Calls of one flood. */
  readonly requestCount: number
  readonly callsPerSecond: number[]
}

/**
 * Measures the peers. First, as fast as each peer can: the processor time of a call, and the calls
 * per second. Then the latency at half of that rate. In every round each peer has a run, so that
 * other load of the machine affects all peers equally. A peer that fails is not measured further.
 * @param rival Peer that Marquee is compared with. Both are paced at half of what the slower of
 *   them can.
 */
export async function measureCalls<I extends DescMessage, O extends DescMessage>(
  bench: Bench,
  call: Call<I, O>,
  peers: readonly Peer[],
  rival: string,
): Promise<void> {
  const entrants: Entrant[] = []
  const attempt = async (peer: Peer, work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      bench.fail(peer.name, error)
      const index = entrants.findIndex((entrant) => entrant.peer === peer)
      if (index >= 0) entrants.splice(index, 1)
    }
  }
  const everyRound = async (what: string, turn: (entrant: Entrant) => Promise<void>) => {
    for (let round = 1; round <= bench.rounds; round++) {
      bench.log(`${call.name}: ${what}, round ${round} of ${bench.rounds}`)
      for (const entrant of [...entrants]) await attempt(entrant.peer, () => turn(entrant))
    }
  }

  const toLoad = await prepareLoad(call, bench.folder)
  for (const peer of peers) {
    bench.log(`${call.name}: ${peer.name} warms up`)
    await attempt(peer, async () => {
      await checkResponse(call, peer)
      entrants.push(await warmUp(bench, call, peer, toLoad(peer)))
    })
  }
  await everyRound('as fast as it can', (entrant) => flood(bench, call.name, entrant))
  for (const { peer } of entrants) {
    const value = residentMegabytesMax(peer.pid)
    bench.report({ case: call.name, peer: peer.name, metric: 'rss_peak_mb', unit: 'MB', value })
  }
  const found = await findPace()
  if ('missing' in found) {
    bench.log(`latency is skipped: ${found.missing}`)
  } else {
    const reached = entrants.map(
      (one) => [one.peer.name, toSpread(one.callsPerSecond).median] as const,
    )
    const rates = toRates(new Map(reached), [ownName, rival])
    await everyRound('at a fixed rate', (entrant) =>
      paced(bench, found.value, call.name, entrant, rates.get(entrant.peer.name) ?? 0),
    )
  }
}

async function warmUp(
  bench: Bench,
  { requestCountMin = requestCountMinDefault }: { readonly requestCountMin?: number },
  peer: Peer,
  load: Load,
): Promise<Entrant> {
  const countFor = (callsPerSecond: number, seconds: number) =>
    Math.min(Math.max(Math.round(callsPerSecond * seconds), requestCountMin), requestCountMax)
  let rate = await bench.flood(load, requestCountMin)
  const startMs = performance.now()
  // A cold program is slow: its first rate would make a warm-up too short.
  while (performance.now() - startMs < warmUpSeconds * 1_000) {
    rate = await bench.flood(load, countFor(rate, 1))
  }
  return { peer, load, requestCount: countFor(rate, floodSeconds), callsPerSecond: [] }
}

async function flood(bench: Bench, name: string, entrant: Entrant): Promise<void> {
  const { peer, load, requestCount, callsPerSecond } = entrant
  const startMs = processorTimeMs(peer.pid)
  const responded = await bench.flood(load, requestCount)
  const usedUs = (processorTimeMs(peer.pid) - startMs) * 1000
  callsPerSecond.push(responded)
  const of = { case: name, peer: peer.name }
  bench.report({ ...of, metric: 'cpu_us_per_call', unit: 'µs', value: usedUs / requestCount })
  bench.report({ ...of, metric: 'calls_per_s', unit: '1/s', value: responded })
  bench.report({ ...of, metric: 'rss_mb', unit: 'MB', value: residentMegabytes(peer.pid) })
}

async function paced(
  bench: Bench,
  pace: Pace,
  name: string,
  { peer, load }: Entrant,
  callsPerSecond: number,
): Promise<void> {
  const { callCountMin, secondsMin, secondsMax } = paceBounds
  const seconds = Math.min(Math.max(callCountMin / callsPerSecond, secondsMin), secondsMax)
  const { p50Ms, p99Ms } = await pace(load, callsPerSecond, seconds)
  const of = { case: name, peer: peer.name }
  bench.report({ ...of, metric: 'p50_ms', unit: 'ms', value: p50Ms })
  bench.report({ ...of, metric: 'p99_ms', unit: 'ms', value: p99Ms })
  bench.report({ ...of, metric: 'rate_per_s', unit: '1/s', value: callsPerSecond })
}
