import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createStaticRegistry } from '../../packages/registry/static/static.ts'
import { readMetric, readRating } from '../faults/rating-process.ts'
import { startWorkers } from './service-workers.ts'

const timeoutMs = 180_000
const callerCount = 8
const callTimeoutMs = 30_000

for (const name of ['bun', 'deno', 'node'] satisfies RuntimeName[]) {
  describeWith(runtime(name), `a worker that ends under load, on ${name}`, () => {
    test.each(['SIGKILL', 'SIGTERM'] as const)(
      'by %s loses no acknowledged write, fails no call of a client that retries, and starts again',
      async (signal) => {
        await using folder = await temporaryFolder()
        const database = `sqlite:${join(folder.path, 'rating.db')}`
        const args = ['--database-url', database, '--event-log', join(folder.path, 'log.db')]
        await using service = await startWorkers({ runtime: name, count: 2, args })
        await using load = await startLoad(service.url)
        await load.more(50)
        const [pid = 0] = service.pidsOf(1)
        process.kill(pid, signal)
        await load.more(100)
        await waitFor(() => service.pidsOf(1).length === 2, {
          what: 'the worker to serve again',
          timeoutMs: 60_000,
        })
        await load.more(50)
        const { saved, failed } = await load.stop()
        expect(failed).toEqual([])
        using connection = await service.connectTo(0)
        for (const userId of saved) {
          expect(await readRating(connection.rating, 'alien', userId)).toBe(4)
        }
        expect(await readMetric(service.url, 'marquee_worker_restarts_total')).toBe(1)
        expect(await readMetric(service.url, 'marquee_workers')).toBe(2)
        service.program.kill()
        expect(await service.program.exited).toEqual({ code: 0, signal: null })
      },
      timeoutMs,
    )
  })
}

/** Clients that put ratings one after the other, each on a connection of its own. */
async function startLoad(url: string) {
  const stop = new AbortController()
  const saved: string[] = []
  const failed: string[] = []
  const stack = new AsyncDisposableStack()
  const registry = createStaticRegistry({ addresses: { rating: [url] } })

  async function call(caller: number): Promise<void> {
    const transport = stack.use(
      await createServiceTransport({ resolver: registry, service: 'rating' }),
    )
    const rating = createClient(RatingService, transport)
    for (let puts = 0; !stop.signal.aborted; puts++) {
      const userId = `caller-${caller}-${puts}`
      try {
        await putUntilSaved(rating, userId)
        saved.push(userId)
      } catch (error) {
        failed.push(`${userId}: ${error}`)
      }
    }
  }

  const calling = Array.from({ length: callerCount }, (_, caller) => call(caller))
  return {
    /** Resolves after this many further calls. */
    async more(count: number): Promise<void> {
      const end = saved.length + failed.length + count
      const what = `${count} further calls`
      await waitFor(() => saved.length + failed.length >= end, { what, timeoutMs: 60_000 })
    },
    async stop() {
      stop.abort()
      await Promise.all(calling)
      return { saved, failed }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(calling)
      await stack.disposeAsync()
    },
  }
}

/** Retries what the transport does not: a write whose connection was lost, which may be repeated. */
async function putUntilSaved(
  rating: ReturnType<typeof createClient<typeof RatingService>>,
  userId: string,
): Promise<void> {
  const request = { recordType: 'movie', recordId: 'alien', userId, value: 4 }
  for (let attempts = 1; ; attempts++) {
    try {
      await rating.putRating(request, { timeoutMs: callTimeoutMs })
      return
    } catch (error) {
      if (attempts === 3 || ConnectError.from(error).code !== Code.Unavailable) throw error
    }
  }
}
