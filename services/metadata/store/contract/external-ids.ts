import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { MetadataStore } from '../port.ts'
import { alien, movie, remove } from './fixtures.ts'

/** Declares the tests of ids at other sources. */
export function describeExternalIds(openNew: () => Promise<MetadataStore>): void {
  test('a movie is found by each of its external ids, at the source of the id only', async () => {
    await using store = await openNew()
    await store.put([alien, movie('2')])
    for (const [source, id] of Object.entries(alien.externalIds ?? {})) {
      for (const other of ['imdb', 'tmdb', 'letterboxd', 'trakt', 'movielens'] as const) {
        const found = [...(await store.findByExternalId(other, [id, 'tt2'], 5))]
        expect(found).toEqual(other === source ? [[id, ['1']]] : [])
      }
    }
    expect((await store.findByExternalId('imdb', [], 5)).size).toBe(0)
    expect((await store.findByExternalId('imdb', ['\0', '\ud800', ''], 5)).size).toBe(0)
  })

  test('an external id of several movies finds the first of them in order of id', async () => {
    await using store = await openNew()
    const externalIds = { tmdb: '949' }
    await store.put(['c', 'a', '\u{1d538}', 'b'].map((id) => ({ ...movie(id), externalIds })))
    const find = async (countMax: number) =>
      (await store.findByExternalId('tmdb', ['949', '949', '950'], countMax)).get('949')
    expect(await find(3)).toEqual(['a', 'b', 'c'])
    expect(await find(9)).toEqual(['a', 'b', 'c', '\u{1d538}'])
  })

  test('a movie is not found by an external id that it no longer has', async () => {
    await using store = await openNew()
    const find = async (id: string) => (await store.findByExternalId('imdb', [id], 5)).get(id)
    await store.put([{ ...movie('1'), externalIds: { imdb: 'tt1' } }])
    await store.put([{ ...movie('1'), externalIds: { imdb: 'tt2' } }])
    expect([await find('tt1'), await find('tt2')]).toEqual([undefined, ['1']])
    await store.put([movie('1'), { ...movie('3'), externalIds: { imdb: 'tt3' } }])
    expect([await find('tt2'), await find('tt3')]).toEqual([undefined, ['3']])
    await remove(store, '3')
    expect(await find('tt3')).toBeUndefined()
  })

  test('a put that names a movie twice keeps the external ids of the second', async () => {
    await using store = await openNew()
    const put = (imdb: string) => ({ ...movie('1'), externalIds: { imdb } })
    await store.put([put('tt1'), put('tt2')])
    expect([...(await store.findByExternalId('imdb', ['tt1', 'tt2'], 5))]).toEqual([['tt2', ['1']]])
  })
}

/** Databases that version 2 of the schemas has written, before external ids. */
export const noExternalIds = {
  sqlite: join(import.meta.dirname, 'files', 'no-external-ids.db'),
  postgres: join(import.meta.dirname, 'files', 'no-external-ids.sql'),
}

/** Expects what the databases have, and that their movies can get external ids. */
export async function expectNoExternalIds(store: MetadataStore): Promise<void> {
  const { externalIds, ...before } = alien
  expect(await store.get('1')).toMatchObject(before)
  expect(await store.get('1')).not.toHaveProperty('externalIds')
  const all = (await store.list({ limit: 10 })).movies
  expect(all.map(({ id }) => id)).toEqual(['1', 'heat'])
  expect((await store.findByExternalId('imdb', ['tt0078748'], 5)).size).toBe(0)
  const revision = await store.revision()
  expect(await store.put([alien])).toEqual(['replaced'])
  expect(await store.revision()).toBeGreaterThan(revision)
  expect(await store.get('1')).toMatchObject(alien)
  expect((await store.findByExternalId('imdb', ['tt0078748'], 5)).get('tt0078748')).toEqual(['1'])
}
