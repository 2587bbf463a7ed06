import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '@marquee/testing/free-ports'
import { spawnProgram } from '@marquee/testing/process'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { type Bench, type Peer, startNeeded } from '../bench.ts'
import { connectionCountDefault } from '../calls.ts'
import { loadCatalogue, movieId } from '../catalogue.ts'
import { residentMegabytes } from '../cpu.ts'
import { marquee } from '../peers.ts'

const name = 'start'
const path = `/${MovieService.typeName}/${MovieService.method.getMovieDetails.name}`
const body = JSON.stringify({ movieId })
const headers = { 'content-type': 'application/json' }
/** Calls before the memory is read. */
const callCount = 1_000
const streamCount = 4
const startTimeoutMs = 30_000
const pollIntervalMs = 2

/**
 * Measures all three services in one process, as `bun start` starts them: the time from the start
 * of the process to the first good response, with an empty folder and with the catalogue loaded,
 * and the memory after 1,000 calls. Then the memory of the three services as separate processes.
 */
export async function measureStart(bench: Bench): Promise<void> {
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`${name}: round ${round} of ${bench.rounds}`)
    const data = join(bench.folder, `data-${round}`)
    await measureTogether(bench, data, 'first_start_ms')
    await measureTogether(bench, data, 'second_start_ms')
    await measureApart(bench, join(bench.folder, `apart-${round}`))
  }
}

async function measureTogether(bench: Bench, data: string, metric: string): Promise<void> {
  const [metadata, rating, movie] = await freePorts(3)
  const ports = ['--port-metadata', `${metadata}`, '--port-rating', `${rating}`]
  const args = ['--data', data, ...ports, '--port-movie', `${movie}`]
  const origin = `http://127.0.0.1:${movie}`
  const startMs = performance.now()
  await using program = await spawnProgram({ runtime: 'bun', entry: 'services/dev.ts', args })
  await firstResponse(origin)
  const value = performance.now() - startMs
  bench.report({ case: name, peer: 'marquee-bun', metric, unit: 'ms', value })
  if (metric === 'first_start_ms') return
  await callOften(bench, origin)
  reportMemory(bench, 'marquee-bun', residentMegabytes(program.pid))
}

async function measureApart(bench: Bench, folder: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const file = (name: string) => join(folder, name)
  const databases = ['--database-url', `sqlite:${file('rating.db')}`, '--event-log', file('log.db')]
  const catalogue = ['--database-url', await loadCatalogue(folder)]
  const metadata = await startNeeded(marquee('metadata', 'bun', ...catalogue), stack)
  const rating = await startNeeded(marquee('rating', 'bun', ...databases), stack)
  const upstreamFlags = ['--metadata-url', originOf(metadata), '--rating-url', originOf(rating)]
  const movie = await startNeeded(marquee('movie', 'bun', ...upstreamFlags), stack)
  await callOften(bench, originOf(movie))
  const all = [metadata, rating, movie]
  const sum = all.map(({ pid }) => residentMegabytes(pid)).reduce((a, b) => a + b, 0)
  reportMemory(bench, 'marquee-bun-apart', sum)
}

async function firstResponse(origin: string): Promise<void> {
  const isReady = async () => (await fetch(origin + path, { method: 'POST', headers, body })).ok
  const what = 'the first good response'
  await waitFor(isReady, { what, timeoutMs: startTimeoutMs, intervalMs: pollIntervalMs })
}

async function callOften(bench: Bench, origin: string): Promise<void> {
  const bodyFile = join(bench.folder, 'start.request')
  await writeFile(bodyFile, body)
  const load = {
    url: origin + path,
    httpVersion: '2',
    connectionCount: connectionCountDefault,
    streamCount,
    bodyFile,
  } as const
  const type = 'content-type: application/json'
  await bench.flood({ ...load, headers: [type], responseBytesMin: body.length }, callCount)
}

function reportMemory(bench: Bench, peer: string, value: number): void {
  bench.report({ case: name, peer, metric: 'rss_mb', unit: 'MB', value })
}

function originOf(peer: Peer): string {
  return peer.origins['2'] ?? ''
}
