import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { backend } from '@marquee/testing/backends/shared'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { spawnService, startService } from './service-process.ts'

const record = { recordType: 'movie', recordId: 'alien' }

describeWith(backend('postgres'), 'two rating services on one Postgres', (server) => {
  const databases = postgresDatabases(server)
  afterAll(() => databases[Symbol.asyncDispose]())

  for (const name of ['bun', 'deno', 'node'] satisfies RuntimeName[]) {
    testWith(
      runtime(name),
      `show each other's ratings to those who watch, on ${name}`,
      async () => {
        await using folder = await temporaryFolder()
        const url = await databases.create()
        const start = (events: string) =>
          startService({ service: 'rating', runtime: name, args: argsFor(url, folder, events) })
        await using first = await start('first.db')
        await using second = await start('second.db')
        const [one, other] = [ratingsAt(first.url), ratingsAt(second.url)]
        const stop = new AbortController()
        const seen: bigint[] = []
        const watching = one.watchAggregatedRatings({ records: [record] }, { signal: stop.signal })
        for await (const { aggregatedRating } of watching) {
          seen.push(aggregatedRating?.count ?? 0n)
          if (seen.length === 3) break
          await other.putRating({ ...record, userId: `user${seen.length}`, value: 4 })
        }
        stop.abort()
        expect(seen).toEqual([0n, 1n, 2n])
      },
    )
  }
})

test.each(['metadata', 'rating'] as const)(
  '%s says in one line that its Postgres does not respond, without the password, and exits with 1',
  async (service) => {
    await using folder = await temporaryFolder()
    const url = 'postgres://marquee:secret@127.0.0.1:1/marquee'
    await using program = await spawnService({
      service,
      args: service === 'rating' ? argsFor(url, folder, 'events.db') : ['--database-url', url],
    })
    expect(await program.exited).toEqual({ code: 1, signal: null })
    expect(program.stderr()).toBe(
      `marquee ${service}: cannot open the database postgres://127.0.0.1:1/marquee: connect ECONNREFUSED 127.0.0.1:1\n`,
    )
    expect(program.stdout()).not.toContain('secret')
  },
)

function argsFor(url: string, folder: TemporaryFolder, events: string): string[] {
  return ['--database-url', url, '--event-log', join(folder.path, events)]
}

function ratingsAt(baseUrl: string) {
  return createClient(RatingService, createConnectTransport({ baseUrl }))
}
