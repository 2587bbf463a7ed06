import { afterAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { postgresCapabilities } from '@marquee/sql/capabilities'
import { connect } from '@marquee/sql/postgres/connection'
import { backend } from '@marquee/testing/backends/shared'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { postgresDatabases } from '@marquee/testing/postgres-databases'
import { startPostgresProxy } from '@marquee/testing/postgres-proxy'
import { describeWith } from '@marquee/testing/requirements'
import { metadataStoreContract } from './contract/contract.ts'
import { expectNoExternalIds, noExternalIds } from './contract/external-ids.ts'
import { remove } from './contract/fixtures.ts'
import { describeProcesses } from './contract/processes.ts'
import type { OpenMetadataStore } from './contract/sharing.ts'
import { openMetadataStore } from './open.ts'
import { openPostgresMetadataStore } from './postgres.ts'

describeWith(backend('postgres'), 'Postgres', (server) => {
  const databases = postgresDatabases(server)
  afterAll(() => databases[Symbol.asyncDispose]())
  alsoOnDenoAndNode(import.meta.filename)

  function createDatabase(): OpenMetadataStore {
    let url: Promise<string> | undefined
    return async (options) => {
      url ??= databases.create()
      return openPostgresMetadataStore({ ...options, url: await url, poolSizeMax: 3 })
    }
  }

  metadataStoreContract('postgres', postgresCapabilities, createDatabase)
  describeProcesses(() => databases.create())

  test('a PostgreSQL database from before external ids keeps all its movies', async () => {
    const url = await databases.create()
    await using connection = await connect(url)
    await connection.query({ text: readFileSync(noExternalIds.postgres, 'utf8') })
    await using store = await openPostgresMetadataStore({ url })
    await expectNoExternalIds(store)
  })

  test('instances of the version with words go on writing to a PostgreSQL database', async () => {
    const url = await databases.create()
    await using store = await openPostgresMetadataStore({ url })
    await store.put([movie('1', 'One')])
    await using connection = await connect(url)
    await connection.query({
      text: `INSERT INTO movie VALUES ('1', 'Two', '{"id":"1","title":"Two"}', 'two', 0, 0),
        ('2', 'Three', '{"id":"2","title":"Three"}', 'three', 0, 0)
        ON CONFLICT (id) DO UPDATE SET title = excluded.title, metadata = excluded.metadata,
          words = excluded.words`,
    })
    expect((await store.list({ limit: 10 })).movies.map(({ title }) => title)).toEqual([
      'Three',
      'Two',
    ])
    expect(await connection.query({ text: 'SELECT * FROM movie_word' })).toEqual([])
    expect(await remove(store, '2')).toBe(true)
  })

  const movie = (id: string, title: string) => {
    return { id, title, description: '', director: '', releaseDate: '', genres: [] }
  }

  test('many metadata stores open at once on an empty database', async () => {
    const open = createDatabase()
    const stores = await Promise.all(Array.from({ length: 10 }, () => open({ clock: Date.now })))
    await Promise.all(stores.map((store, index) => store.put([movie(`${index}`, 'Same')])))
    expect((await stores[0]?.list({ limit: 100 }))?.movies).toHaveLength(10)
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()))
  })

  test('a put and a delete report their effect even when the response to their COMMIT is lost', async () => {
    await using proxy = await startPostgresProxy(await databases.create())
    await using store = await openPostgresMetadataStore({ url: proxy.url })
    const movies = [movie('1', 'One'), movie('2', 'Two'), movie('1', 'Again')]
    proxy.loseNextCommit('with its response')
    expect(await store.put(movies)).toEqual(['created', 'created', 'replaced'])
    proxy.loseNextCommit('on the way')
    expect(await store.put([movie('3', 'Three')])).toEqual(['created'])
    proxy.loseNextCommit('with its response')
    expect(await remove(store, '2')).toBe(true)
    expect(proxy.lostCount()).toBe(3)
    const left = (await store.list({ limit: 10 })).movies
    expect(left.map(({ title }) => title)).toEqual(['Again', 'Three'])
  })

  test('texts of the maximum length are saved and listed', async () => {
    await using store = await createDatabase()({ clock: Date.now })
    // Letters of four bytes that do not compress, and one that a search expands to six letters.
    const rare = (length: number, from: number) =>
      Array.from({ length }, (_, n) =>
        String.fromCodePoint(0x20000 + ((from + n * 7_919) % 42_000)),
      )
    const titles = [rare(500, 1).join(''), rare(500, 2).join(''), '\u3316'.repeat(500)]
    for (const [index, title] of titles.entries()) {
      const id = rare(128, 100 + index).join('')
      await store.put([{ ...movie(id, title), director: rare(500, 7 + index).join('') }])
      expect((await store.get(id))?.title).toBe(title)
    }
    const all = (await store.list({ limit: 10 })).movies
    expect(all).toHaveLength(3)
    const after = all[1] as (typeof all)[number]
    expect((await store.list({ limit: 10, after })).movies).toEqual(all.slice(2))
  })

  test('an id that Postgres cannot represent is refused, and its put saves nothing', async () => {
    await using store = await createDatabase()({ clock: Date.now })
    for (const id of ['\0', 'a\ud800']) {
      const put = store.put([movie('1', 'One'), movie(id, 'Two')])
      expect(await put.catch((error: Error) => error.name)).toBe('RangeError')
    }
    expect((await store.list({ limit: 10 })).movies).toEqual([])
  })

  test('openMetadataStore opens a Postgres store', async () => {
    await using store = await openMetadataStore(await databases.create())
    expect(store.capabilities).toBe(postgresCapabilities)
    await store.put([movie('1', 'One')])
    expect((await store.get('1'))?.title).toBe('One')
  })
})
