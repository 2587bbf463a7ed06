import { afterAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { createEmbeddedEventLog } from '@marquee/event-log/embedded/embedded'
import { postgresCapabilities } from '@marquee/sql/capabilities'
import { connect } from '@marquee/sql/postgres/connection'
import { backend } from '@marquee/testing/backends/shared'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { createEraseUser } from '../erasure/erase-user.ts'
import { type RecordRef, recordKey } from '../rating.ts'
import { createScale } from '../scale.ts'
import { defaultRules } from '../scoring.ts'
import { ratingStoreContract } from './contract/contract.ts'
import {
  alien,
  fiveStars,
  heat,
  movie,
  type OpenRatingStore,
  put,
  rating,
  rules,
} from './contract/fixtures.ts'
import { expectHalfStars, halfStarRules, halfStars } from './contract/half-stars.ts'
import { describeProcesses } from './contract/processes.ts'
import { expectVersionBefore } from './contract/version-before.ts'
import { expectWholeNumbers, wholeNumbers } from './contract/whole-numbers.ts'
import { convertScale } from './convert-scale.ts'
import { openRatingStore } from './open.ts'
import { openPostgresRatingStore } from './postgres.ts'

describeWith(backend('postgres'), 'Postgres', (server) => {
  const databases = postgresDatabases(server)
  afterAll(() => databases[Symbol.asyncDispose]())
  alsoOnDenoAndNode(import.meta.filename)

  const urls = new WeakMap<OpenRatingStore, () => Promise<string>>()

  function createDatabase(): OpenRatingStore {
    let url: Promise<string> | undefined
    const urlOf = () => {
      url ??= databases.create()
      return url
    }
    const open: OpenRatingStore = async (options) =>
      openPostgresRatingStore({ ...options, url: await urlOf(), poolSizeMax: 3 })
    urls.set(open, urlOf)
    return open
  }

  describeProcesses(() => databases.create())
  ratingStoreContract('postgres', postgresCapabilities, createDatabase, async (open, conversion) =>
    convertScale((await urls.get(open)?.()) ?? '', conversion),
  )

  const clock = Date.now

  test('a PostgreSQL database of whole numbers keeps all its data, as half stars', async () => {
    const url = await databases.create()
    await using connection = await connect(url)
    await connection.query({ text: readFileSync(wholeNumbers.postgres, 'utf8') })
    await using store = await openPostgresRatingStore({ url, rules: defaultRules })
    await expectWholeNumbers(store)
  })

  test('a PostgreSQL database of the version before keeps all its data', async () => {
    const url = await databases.create()
    await using connection = await connect(url)
    await connection.query({ text: readFileSync(halfStars.postgres, 'utf8') })
    await using store = await openPostgresRatingStore({ url, rules: halfStarRules })
    await expectHalfStars(store)
  })

  test('a PostgreSQL database has puts of the version before, which has no rated times', async () => {
    const url = await databases.create()
    await using store = await openPostgresRatingStore({ url, rules })
    await using connection = await connect(url)
    await expectVersionBefore(store, (text) => connection.query({ text }))
  })

  test('no table has the id of an erased user', async () => {
    const url = await databases.create()
    await using eventLog = createEmbeddedEventLog({ path: ':memory:', partitions: 2 })
    await using store = await openPostgresRatingStore({ url, rules: defaultRules })
    const erased = 'erase-me-7f3a91c5'
    const ratings = [erased, 'user-1'].flatMap((userId) =>
      Array.from({ length: 700 }, (_, index) => rating(userId, 3, movie(`${index}`))),
    )
    await store.put(ratings)
    await using connection = await connect(url)
    const tables = await connection.query({
      text: 'SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()',
    })
    const countRows = async (text: string) => {
      let count = 0
      for (const { table_name: table } of tables) {
        const query = `SELECT count(*)::integer AS count FROM "${table}" AS one WHERE one::text LIKE $1`
        const [row] = await connection.query({ text: query }, [`%${text}%`])
        count += row?.count as number
      }
      return count
    }
    expect(await countRows(erased)).toBe(700)
    const topics = { topic: 'ratings', deadLetterTopic: 'dlq', changesTopic: 'changes' }
    const eraseUser = createEraseUser({ store, log: { eventLog, topics } })
    const receipt = await eraseUser(erased, new AbortController().signal)
    expect(receipt.ratings).toEqual(new Map([['movie', 700]]))
    expect(await countRows(erased)).toBe(0)
    expect(await countRows('user-1')).toBe(700)
    expect((await store.aggregate(movie('1')))?.count).toBe(1)
  })

  test('a value of the scale before a conversion is refused, even if no histogram changes', async () => {
    const open = createDatabase()
    await using store = await open({ rules: defaultRules, clock })
    await store.put([rating('ann', 4.5), rating('bob', 5)])
    const to = createScale('1:10:1')
    const url = (await urls.get(open)?.()) ?? ''
    await convertScale(url, { recordType: 'movie', to, multiply: 2, divide: 1 })
    const error = await store.put([rating('ann', 5), rating('bob', 4.5)]).catch((thrown) => thrown)
    expect(String(error)).toBe('RangeError: value must be 1 to 10 in steps of 1; got 4.5')
    expect((await store.get(alien, 'ann'))?.value).toBe(9)
  })

  test('many rating stores open at once on an empty database', async () => {
    const open = createDatabase()
    const stores = await Promise.all(Array.from({ length: 10 }, () => open({ rules, clock })))
    await Promise.all(stores.map((store, index) => store.put([rating(`user${index}`, 3)])))
    const counts = await Promise.all(stores.map((store) => store.aggregate(alien)))
    expect(counts.map((aggregate) => aggregate?.count)).toEqual(Array(10).fill(10))
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()))
  })

  describe('changes of other rating stores', () => {
    function told(store: { onChange(listener: (records: readonly RecordRef[]) => void): void }) {
      const keys: string[] = []
      store.onChange((records) => keys.push(...records.map(recordKey)))
      return keys
    }
    const key = recordKey

    test('a store reports the changes of another store, and its own changes once', async () => {
      const open = createDatabase()
      await using first = await open({ rules, clock })
      await using second = await open({ rules, clock })
      const [one, two] = [told(first), told(second)]
      await first.put([rating('ann', 1), rating('ann', 1, heat)])
      await waitFor(() => two.length === 2, { what: 'the put to be heard' })
      expect(two.toSorted()).toEqual([key(alien), key(heat)].toSorted())
      await second.delete(heat, 'ann')
      await waitFor(() => one.length === 3, { what: 'the delete to be heard' })
      const batch = {
        topic: 'ratings',
        log: 'log',
        partition: 0,
        expectedPosition: undefined,
        nextPosition: 1,
      }
      await second.apply({ ...batch, changes: [put('ann', 2)] })
      await first.put([rating('ann', 2)])
      await first.put([rating('end', 1, movie('end'))])
      await waitFor(() => two.includes(key(movie('end'))), { what: 'the last put to be heard' })
      expect(one.slice(2)).toEqual([key(heat), key(alien), key(movie('end'))])
      expect(two.slice(2)).toEqual([key(heat), key(alien), key(movie('end'))])
    })

    test('a store reports every record when another store sets a new prior', async () => {
      const open = createDatabase()
      await using first = await open({ rules, clock })
      const ids = Array.from({ length: 2_500 }, (_, index) => `${index}`)
      await first.put(ids.map((id) => rating('ann', 3, movie(id))))
      const heard = told(first)
      await using _second = await open({ rules: fiveStars({ mean: 1, weight: 1 }), clock })
      await waitFor(() => heard.length >= ids.length, { what: 'all scores to be heard of' })
      expect(heard.toSorted()).toEqual(ids.map((id) => key(movie(id))).toSorted())
    })

    test('a store reports every record that a conversion moves to another scale', async () => {
      const open = createDatabase()
      await using store = await open({ rules: defaultRules, clock })
      await store.put([rating('ann', 4.5), rating('bob', 4.5, heat)])
      const heard = told(store)
      const url = (await urls.get(open)?.()) ?? ''
      const to = createScale('1:10:1')
      await convertScale(url, { recordType: 'movie', to, multiply: 2, divide: 1 })
      await waitFor(() => heard.length >= 2, {
        what: 'the conversion to be heard',
        timeoutMs: 2_000,
      })
      expect(heard.toSorted()).toEqual([key(alien), key(heat)].toSorted())
      expect((await store.aggregate(heat))?.mean).toBe(9)
    })

    test('a store reports what changed while its connection was lost', async () => {
      const url = await databases.create()
      const warnings: string[] = []
      const onWarning = (message: string) => warnings.push(message)
      await using first = await openPostgresRatingStore({ url, rules, onWarning })
      await using second = await openPostgresRatingStore({ url, rules })
      const heard = told(first)
      await second.put([rating('ann', 1)])
      await waitFor(() => heard.length === 1, { what: 'the first put' })
      for (let round = 0; round < 3; round++) {
        await endListeners(url)
        await second.put([rating('ann', 2 + round, movie(`${round}`))])
        const last = key(movie(`${round}`))
        await waitFor(() => heard.includes(last), { what: `the put of round ${round}` })
      }
      await second.put([rating('end', 1)])
      await waitFor(() => heard.filter((each) => each === key(alien)).length === 2, {
        what: 'the last put',
      })
      expect(warnings[0]).toStartWith('changes of other instances arrive late: ')
    })
  })

  async function endListeners(url: string): Promise<void> {
    await using connection = await connect(url)
    const text = `SELECT count(pg_terminate_backend(pid)) AS count FROM pg_stat_activity
      WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()`
    const [ended] = await connection.query({ text })
    expect(ended?.count).toBeGreaterThan(0)
  }

  test('a put with an id that PostgreSQL cannot hold is refused, and saves nothing', async () => {
    await using store = await createDatabase()({ rules, clock })
    for (const id of ['\0', 'a\ud800']) {
      const puts = store.put([rating('ann', 1), rating(id, 1)])
      expect(await puts.catch((error: Error) => error.name)).toBe('RangeError')
    }
    expect(await store.aggregate(alien)).toBeUndefined()
  })

  test('openRatingStore opens a PostgreSQL database', async () => {
    await using store = await openRatingStore(await databases.create(), { rules })
    expect(store.capabilities).toBe(postgresCapabilities)
    await store.put([rating('ann', 1)])
    expect((await store.aggregate(alien))?.count).toBe(1)
  })
})
