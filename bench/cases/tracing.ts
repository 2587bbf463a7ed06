import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { type Bench, ownName, type Peer, startNeeded } from '../bench.ts'
import { callOnce, prepareLoad } from '../calls.ts'
import { loadCatalogue, movieId } from '../catalogue.ts'
import { processorTimeMs } from '../cpu.ts'
import { marquee } from '../peers.ts'
import { grpc } from '../wire.ts'

const warmUpCount = 100_000
/** Number of calls of a run: a second's. Runs are short and many, because the differences are small. */
const runCount = 30_000
const runsPerRound = 4
/** Time that the spans of a run need to be exported, in milliseconds. */
const exportMs = 500
/** A queue with room for all spans of a run, so that the processor time of their export counts. */
const queue = { OTEL_BSP_MAX_QUEUE_SIZE: `${warmUpCount}`, OTEL_BSP_SCHEDULE_DELAY: '100' }

/** Measures what traces add to a call: `GetMetadata` by gRPC, without them and with both decisions. */
export async function measureTracing(bench: Bench): Promise<void> {
  Object.assign(process.env, queue)
  await using stack = new AsyncDisposableStack()
  const collector = stack.use(await startCollector())
  const catalogue = ['--database-url', await loadCatalogue(bench.folder)]
  const start = (...flags: string[]) =>
    startNeeded(marquee('metadata', 'bun', ...catalogue, ...flags), stack)
  const traced = (sampler: string) =>
    start('--otel-exporter-otlp-endpoint', collector.url, '--otel-traces-sampler', sampler)
  const own = await start()
  const peers: Readonly<Record<string, Peer>> = {
    cpu_us_per_call: own,
    cpu_us_sampled_out: await traced('always_off'),
    cpu_us_sampled_in: await traced('always_on'),
  }
  const request = { movieId }
  const call = { name: 'tracing', wire: grpc, method: MetadataService.method.getMetadata, request }
  const response = await callOnce(call, own)
  const toLoad = await prepareLoad({ ...call, response }, bench.folder)
  for (const peer of Object.values(peers)) await bench.flood(toLoad(peer), warmUpCount)
  await wait(exportMs)
  for (let run = 1; run <= bench.rounds * runsPerRound; run++) {
    bench.log(`tracing: run ${run} of ${bench.rounds * runsPerRound}`)
    for (const [metric, peer] of Object.entries(peers)) {
      const startMs = processorTimeMs(peer.pid)
      await bench.flood(toLoad(peer), runCount)
      await wait(exportMs)
      const usedUs = (processorTimeMs(peer.pid) - startMs) * 1000
      const value = usedUs / runCount
      bench.report({ case: 'tracing', peer: ownName, metric, unit: 'µs', value })
    }
  }
}

/** Starts a collector that takes all spans and keeps none. */
async function startCollector() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
