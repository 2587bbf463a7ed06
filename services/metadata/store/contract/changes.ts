import { expect, test } from 'bun:test'
import { randomRuns } from '@marquee/testing/random-runs'
import fc from 'fast-check'
import type { StoredMetadata } from '../../metadata.ts'
import type { ChangePosition, MetadataStore } from '../port.ts'
import { movie, remove } from './fixtures.ts'
import type { OpenMetadataStore } from './sharing.ts'

/** Declares the tests of `changes`. */
export function describeChanges(createDatabase: () => OpenMetadataStore): void {
  const openNew = () => createDatabase()({ clock: Date.now })

  test('changes have the last change of each movie, in order', async () => {
    await using store = await openNew()
    const start = await store.revision()
    await store.put([movie('1'), movie('2'), movie('3'), movie('4')])
    await remove(store, '2')
    await store.put([movie('1', 'Again')])
    await remove(store, '4')
    await store.put([movie('4')])
    await remove(store, '3')
    const page = await store.changes({ revision: start }, 10)
    expect(page?.next).toBeUndefined()
    expect(page?.changes.map(shown)).toEqual(['-2', '+1', '+4', '-3'])
    const middle = page?.changes[1] as { movie: StoredMetadata }
    const { revision, id } = middle.movie
    expect(await texts(store, { revision })).toEqual(['+4', '-3'])
    expect(await texts(store, { revision, id: '0' })).toEqual(['+1', '+4', '-3'])
    expect(await texts(store, { revision, id })).toEqual(['+4', '-3'])
    expect(await texts(store, { revision: await store.revision() })).toEqual([])
  })

  test('whoever follows the changes has the catalogue, whatever is put and deleted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 20 }), async (steps) => {
        await using store = await openNew()
        const followed = new Map<string, string>()
        let revision = await store.revision()
        for (const step of steps) {
          if (step.kind === 'put') await store.put(step.ids.map((id) => movie(id, step.title)))
          if (step.kind === 'delete') await remove(store, step.id)
          if (step.kind === 'follow') revision = await follow(store, revision, followed)
        }
        await follow(store, revision, followed)
        const all = (await store.list({ limit: 100 })).movies
        expect(followed).toEqual(new Map(all.map(({ id, title }) => [id, title])))
      }),
      { numRuns: randomRuns(40) },
    )
  }, 60_000)

  test('deletes beyond the maximum are forgotten, and who needs them learns of it', async () => {
    await using store = await createDatabase()({ clock: Date.now, deletedCountMax: 2 })
    await store.put(['1', '2', '3', '4'].map((id) => movie(id)))
    const start = await store.revision()
    for (const id of ['1', '2']) await remove(store, id)
    expect(await texts(store, { revision: start })).toEqual(['-1', '-2'])
    const middle = await store.revision()
    await remove(store, '3')
    expect(await store.changes({ revision: start }, 10)).toBeUndefined()
    expect(await texts(store, { revision: middle })).toEqual(['-3'])
    expect(await store.changes({ revision: 0 }, 10)).toBeUndefined()
  })
}

async function follow(store: MetadataStore, from: number, followed: Map<string, string>) {
  let revision = from
  let after: ChangePosition | undefined = { revision: from }
  while (after !== undefined) {
    const page = await store.changes(after, 2)
    expect(page?.changes.length).toBeLessThanOrEqual(2)
    for (const change of page?.changes ?? []) {
      if (change.kind === 'put') followed.set(change.movie.id, change.movie.title)
      else followed.delete(change.id)
      revision = change.kind === 'put' ? change.movie.revision : change.revision
    }
    after = page?.next
  }
  return revision
}

async function texts(store: MetadataStore, after: ChangePosition): Promise<string[] | undefined> {
  return (await store.changes(after, 10))?.changes.map(shown)
}

function shown(change: NonNullable<Awaited<ReturnType<MetadataStore['changes']>>>['changes'][0]) {
  return change.kind === 'put' ? `+${change.movie.id}` : `-${change.id}`
}

const anyId = fc.constantFrom('1', '2', '3', '\uffee', '😀')
const anyStep = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    ids: fc.uniqueArray(anyId, { maxLength: 3 }),
    title: fc.constantFrom('One', 'Two', 'Three'),
  }),
  fc.record({ kind: fc.constant('delete' as const), id: anyId }),
  fc.record({ kind: fc.constant('follow' as const) }),
)
