import { afterAll, describe, expect, test } from 'bun:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@marquee/sql/postgres/connection'
import { startPostgres } from '@marquee/testing/backends/postgres'
import { backend, installed } from '@marquee/testing/backends/shared'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { startPostgresProxy } from '@marquee/testing/postgres-proxy'
import { describeWith } from '@marquee/testing/requirements'
import { createSeededRandom, faultSeed } from '../../../test/faults/seeded-random.ts'
import type { RatingChange } from '../rating.ts'
import { alien, heat, put, rating, rules } from './contract/fixtures.ts'
import {
  applyAll,
  countRatings,
  createTally,
  randomChange,
  type Store,
  writeRandomly,
} from './contract/tally.ts'
import { openPostgresRatingStore } from './postgres.ts'

const seed = faultSeed('rating stores on Postgres')

describeWith(backend('postgres'), 'rating stores on one Postgres', (server) => {
  const databases = postgresDatabases(server)
  afterAll(() => databases[Symbol.asyncDispose]())

  test('concurrent writers on PostgreSQL are counted once each, and never block each other forever', async () => {
    const url = await databases.create()
    const stores = await Promise.all(
      Array.from({ length: 3 }, () => openPostgresRatingStore({ url, rules, poolSizeMax: 6 })),
    )
    const tally = createTally()
    const random = createSeededRandom(seed)
    const events = Array.from({ length: 600 }, () => randomChange(random, 'consumed'))
    for (const change of events) tally.take(change)
    await Promise.all([
      ...Array.from({ length: 6 }, (_, n) =>
        writeRandomly(stores[n % 3] as Store, createSeededRandom(seed + n), `writer${n}`, tally),
      ),
      ...stores.map((store) => applyAll(store, 0, events, 7)),
    ])
    for (const store of stores) expect(await countRatings(store)).toEqual(tally.counted())
    await using connection = await connect(url)
    const text = 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'
    expect(await connection.query({ text })).toEqual([{ deadlocks: 0 }])
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()))
  })

  describe('when the connection is lost at COMMIT', () => {
    for (const lost of ['on the way', 'with its response'] as const) {
      test(`put, delete and apply take effect once, and return what they did: lost ${lost}`, async () => {
        await using proxy = await startPostgresProxy(await databases.create())
        await using store = await openPostgresRatingStore({ url: proxy.url, rules })
        const told: string[] = []
        store.onChange((records) => told.push(...records.map(({ recordId }) => recordId)))
        proxy.loseNextCommit(lost)
        const ratings = [rating('ann', 1), rating('bob', 2), rating('ann', 3, heat)]
        expect(await store.put(ratings)).toEqual(['created', 'created', 'created'])
        proxy.loseNextCommit(lost)
        expect(await store.delete(alien, 'bob')).toBe(true)
        proxy.loseNextCommit(lost)
        const batch = { topic: 'ratings', log: 'log', partition: 0, expectedPosition: undefined }
        const changes: RatingChange[] = [put('ann', 5), put('cy', 4)]
        expect(await store.apply({ ...batch, nextPosition: 2, changes })).toBe(2)
        expect(proxy.lostCount()).toBe(3)
        expect(told).toEqual(['alien', 'heat', 'alien', 'alien'])
        expect((await store.aggregate(alien))?.histogram).toEqual([0, 0, 0, 1, 1])
      })
    }
  })
})

describeWith(installed('postgres'), 'a Postgres of its own', () => {
  for (const [fault, end] of [
    ['killed', 'kill'],
    ['stopped', 'stop'],
  ] as const) {
    test(`${fault} and started again loses nothing acknowledged and repeats nothing`, async () => {
      await using postgres = await startPostgres()
      const url = postgres.address
      await using first = await openPostgresRatingStore({ url, rules })
      await using second = await openPostgresRatingStore({ url, rules })
      const tally = createTally()
      const random = createSeededRandom(seed)
      const events = [0, 1].map((partition) =>
        Array.from({ length: 4_000 }, () => randomChange(random, `partition${partition}`)),
      )
      for (const change of events.flat()) tally.take(change)
      const failures: Error[] = []
      const onFailure = (error: Error) => failures.push(error)
      const writing = Promise.all([
        applyAll(first, 0, events[0] ?? [], 10, onFailure),
        applyAll(second, 1, events[1] ?? [], 10, onFailure),
        applyAll(second, 0, events[0] ?? [], 10, onFailure),
        ...[first, second].map((store, n) =>
          writeRandomly(store, createSeededRandom(seed + n), `writer${n}`, tally, onFailure),
        ),
      ])
      for (let round = 0; round < 2; round++) {
        await delay(300)
        await postgres[end]()
        await expect(first.revision()).rejects.toThrow('the database is unavailable: ')
        await postgres.start()
      }
      await writing
      expect(failures.length).toBeGreaterThan(0)
      for (const { message } of failures) expect(message).toStartWith('the database ')
      for (const store of [first, second]) {
        expect(await countRatings(store)).toEqual(tally.counted())
      }
    }, 60_000)
  }
})
