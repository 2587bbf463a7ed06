import { afterAll, beforeAll, expect, test } from 'bun:test'
import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@connectrpc/connect'
import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import { kafka, startKafka } from '@marquee/testing/backends/kafka'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { describeWith } from '@marquee/testing/requirements'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { type Found, leftOut, root } from '@marquee/testing/tools'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { createStaticRegistry } from '../../packages/registry/static/static.ts'

const timeoutMs = 120_000
const required: Found<true> = process.env.MARQUEE_TESTS ? leftOut : { value: true }

describeWith(required, 'an executable in an empty folder', () => {
  let folder: TemporaryFolder
  let empty: string

  beforeAll(async () => {
    folder = await temporaryFolder()
    empty = join(folder.path, 'empty')
    await mkdir(empty)
    const script = join(root, 'scripts', 'compile-bun.ts')
    execFileSync(process.execPath, [script, '--output', folder.path])
  }, timeoutMs)

  afterAll(() => folder[Symbol.asyncDispose]())

  /** Starts an executable, and resolves with its origin when it has printed it. */
  async function start(
    name: string,
    line: RegExp,
    ...args: string[]
  ): Promise<AsyncDisposable & { url: string; program: Program }> {
    const program = await spawnProgram({ entry: join(folder.path, name), args, cwd: empty })
    const [, url = ''] = await program.waitForLine(line, 30_000)
    return { url, program, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() }
  }

  const startService = (name: string, ...args: string[]) =>
    start(name, /"url":"(http:[^"]+)","msg":"\w+ is listening"/, '--port', '0', ...args)

  async function titlesAt(url: string): Promise<string[]> {
    const resolver = createStaticRegistry({ addresses: { movie: [url] } })
    await using transport = await createServiceTransport({ resolver, service: 'movie' })
    const movies = createClient(MovieService, transport)
    const { movies: found } = await movies.listMovies({ query: 'kubrick' }, { timeoutMs: 30_000 })
    return found.map(({ metadata }) => metadata?.title ?? '')
  }

  test(
    'has the page and the catalogue, and handles gRPC calls',
    async () => {
      const ports = ['metadata', 'rating', 'movie'].flatMap((name) => [`--port-${name}`, '0'])
      await using marquee = await start('marquee', /The page: (http:.+)\/$/m, ...ports)
      expect(await (await fetch(marquee.url)).text()).toStartWith('<!doctype html>')
      const script = /src="(\/assets\/[^"]+)"/.exec(await (await fetch(marquee.url)).text())?.[1]
      expect((await fetch(`${marquee.url}${script}`)).status).toBe(200)
      expect(await titlesAt(marquee.url)).toContain('Barry Lyndon')
      marquee.program.kill()
      expect(await marquee.program.exited).toEqual({ code: 0, signal: null })
    },
    timeoutMs,
  )

  test(
    'runs one service, and movie finds the others',
    async () => {
      const database = (name: string) => ['--database-url', `sqlite:${name}.db`]
      await using metadata = await startService('metadata', ...database('metadata'))
      await using rating = await startService('rating', ...database('rating'))
      const urls = ['--metadata-url', metadata.url, '--rating-url', rating.url]
      await using movie = await startService('movie', ...urls)
      expect(await (await fetch(movie.url)).text()).toStartWith('<!doctype html>')
      expect((await fetch(`${movie.url}/readyz`)).status).toBe(200)
      expect(await titlesAt(movie.url)).toEqual([])
    },
    timeoutMs,
  )

  describeWith(kafka.installed(), 'rating', () => {
    test(
      'reads events from Kafka',
      async () => {
        await using broker = await startKafka()
        const names = ['--kafka-brokers', broker.address, '--database-url', 'memory:']
        await using rating = await startService('rating', ...names)
        await rating.program.waitForLine(/rating is ready/, 60_000)
      },
      timeoutMs,
    )
  })
})
