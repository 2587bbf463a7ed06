import { describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { type Exit, type Program, spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { startService } from './service-process.ts'

const startTimeoutMs = 20_000
const matrix = { recordId: 'the-matrix-1999', recordType: 'movie' }

describe('bun start', () => {
  test('loads the demo catalogue at the first start, and keeps all data for the second', async () => {
    await using folder = await temporaryFolder()
    const data = join(folder.path, 'data')
    {
      await using first = await start('--data', data)
      expect(first.program.stdout()).toContain('Loaded the demo catalogue: 3201 movies.')
      expect(await countMovies(first.metadataUrl)).toBe(3_201)
      await ratingsAt(first.ratingUrl).putRating({ ...matrix, userId: 'ada', value: 5 })
      first.program.kill('SIGINT')
      expect(await first.program.exited).toEqual({ code: 0, signal: null })
      expect(first.program.stderr()).toBe('')
    }
    await using second = await start('--data', data)
    expect(second.program.stdout()).not.toContain('Loaded')
    expect(await countMovies(second.metadataUrl)).toBe(3_201)
    const { rating } = await ratingsAt(second.ratingUrl).getRating({ ...matrix, userId: 'ada' })
    expect(rating?.value).toBe(5)
    const movie = await detailsOf(second.movieUrl, matrix.recordId)
    expect(movie).toMatchObject({
      metadata: { title: 'The Matrix', year: 1999 },
      ratingStatus: RatingStatus.RATED,
      rating: { count: 1n, mean: 5 },
    })
  }, 60_000)

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'ends by %s with exit code 0',
    async (signal) => {
      await using folder = await temporaryFolder()
      await using running = await start('--data', folder.path)
      running.program.kill(signal)
      expect(await running.program.exited).toEqual({ code: 0, signal: null })
    },
    60_000,
  )

  test('reports in one line that a port is in use', async () => {
    await using folder = await temporaryFolder()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const ended = await run('services/dev.ts', '--data', folder.path, '--port-movie', `${port}`)
    other.close()
    expect(ended).toEqual({
      exit: { code: 1, signal: null },
      lines: [`marquee start: cannot listen on 127.0.0.1:${port}: it is in use`],
    })
  })

  test('reports in one line that the folder cannot be written', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'file')
    await writeFile(file, '')
    const { exit, lines } = await run('services/dev.ts', '--data', join(file, 'data'))
    expect(exit).toEqual({ code: 1, signal: null })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toStartWith('marquee start: ')
    expect(lines[0]).toContain(join(file, 'data'))
  })

  test('lists every problem of its flags, and exits with 2', async () => {
    const flags = ['--port-movie', '99999', '--log-level', 'loud', '--colour', 'red']
    const { exit, lines } = await run('services/dev.ts', ...flags)
    expect(exit).toEqual({ code: 2, signal: null })
    expect(lines).toHaveLength(3)
    for (const [flag, word] of [
      ['--port-movie', '65535'],
      ['--log-level', 'warn'],
      ['--colour', '--help'],
    ]) {
      expect(lines).toContainEqual(
        expect.stringMatching(new RegExp(`^marquee start: ${flag} .*${word}`)),
      )
    }
  })

  test('--help lists the flags, and exits with 0', async () => {
    await using program = await spawnProgram({
      runtime: 'bun',
      entry: 'services/dev.ts',
      args: ['--help'],
    })
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(program.stderr()).toBe('')
    for (const flag of ['--data', '--port-metadata', '--host', '--log-level']) {
      expect(program.stdout()).toContain(flag)
    }
  })
})

describe('a service that starts alone', () => {
  test('finds the others at the addresses of its flags', async () => {
    await using folder = await temporaryFolder()
    const memory = ['--database-url', 'memory:']
    await using metadata = await startService({ service: 'metadata', args: memory })
    const eventLog = ['--event-log', join(folder.path, 'events.db')]
    await using rating = await startService({ service: 'rating', args: [...memory, ...eventLog] })
    const urls = ['--metadata-url', metadata.url, '--rating-url', rating.url]
    await using movie = await startService({ service: 'movie', args: urls })
    const title = 'The Matrix'
    await metadataAt(metadata.url).putMetadata({ metadata: { id: matrix.recordId, title } })
    await ratingsAt(rating.url).putRating({ ...matrix, userId: 'ada', value: 4 })
    expect(await detailsOf(movie.url, matrix.recordId)).toMatchObject({
      metadata: { title },
      rating: { mean: 4 },
    })
  }, 60_000)

  test.each([
    ['metadata', ['--port', 'x', '--database-uri', 'memory:']],
    ['rating', ['--prior-mean', '9', '--event-log-partitions', '257']],
    ['movie', ['--metadata-url', 'nowhere', '--rating-url', 'ftp://x']],
  ])('%s lists every problem of its flags, and exits with 2', async (name, flags) => {
    const { exit, lines } = await run(`services/${name}/main.ts`, ...flags)
    expect(exit).toEqual({ code: 2, signal: null })
    expect(lines).toHaveLength(2)
    expect(lines.every((line) => line.startsWith(`marquee ${name}: --`))).toBe(true)
  })
})

interface Started extends AsyncDisposable {
  readonly program: Program
  readonly metadataUrl: string
  readonly ratingUrl: string
  readonly movieUrl: string
}

/** Starts all three services, each on a free port. */
async function start(...args: string[]): Promise<Started> {
  const ports = ['metadata', 'rating', 'movie'].flatMap((name) => [`--port-${name}`, '0'])
  const program = await spawnProgram({
    runtime: 'bun',
    entry: 'services/dev.ts',
    args: [...ports, ...args],
  })
  const urlOf = async (service: string) => {
    const line = new RegExp(`^ +${service} +(http://\\S+)$`, 'm')
    return (await program.waitForLine(line, startTimeoutMs))[1] ?? ''
  }
  return {
    program,
    metadataUrl: await urlOf('metadata'),
    ratingUrl: await urlOf('rating'),
    movieUrl: await urlOf('movie'),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

/** Runs a program that ends by itself, and returns its exit and standard error. */
async function run(entry: string, ...args: string[]): Promise<{ exit: Exit; lines: string[] }> {
  await using program = await spawnProgram({ runtime: 'bun', entry, args })
  const exit = await program.exited
  return { exit, lines: program.stderr().trimEnd().split('\n') }
}

const metadataAt = (baseUrl: string) =>
  createClient(MetadataService, createConnectTransport({ baseUrl }))

const ratingsAt = (baseUrl: string) =>
  createClient(RatingService, createConnectTransport({ baseUrl }))

async function detailsOf(baseUrl: string, movieId: string) {
  const client = createClient(MovieService, createConnectTransport({ baseUrl }))
  return (await client.getMovieDetails({ movieId })).movieDetails
}

async function countMovies(url: string): Promise<number> {
  const client = metadataAt(url)
  const ids = new Set<string>()
  let pageToken = ''
  do {
    const page = await client.listMetadata({ pageSize: 500, pageToken })
    for (const { id } of page.metadata) ids.add(id)
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  return ids.size
}
