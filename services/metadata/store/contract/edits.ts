import { expect, test } from 'bun:test'
import { expectLinearChain, type WonWrite } from '@marquee/testing/linear-chain'
import { randomRuns } from '@marquee/testing/random-runs'
import fc from 'fast-check'
import type { StoredMetadata } from '../../metadata.ts'
import type { MetadataStore, MovieEdit } from '../port.ts'
import { alien, movie } from './fixtures.ts'
import { plain } from './model.ts'

/** Declares the tests of edits in one store. */
export function describeEdits(openNew: () => Promise<MetadataStore>): void {
  test('an edit creates, replaces, keeps and deletes, and returns the movie before and after', async () => {
    await using store = await openNew()
    const created = await store.edit('1', () => alien)
    expect([created.before, plain(created.after)]).toEqual([undefined, alien])
    expect(created.after).toEqual((await store.get('1')) as StoredMetadata)
    const replaced = await store.edit('1', () => movie('1', 'Aliens'))
    expect(replaced.before).toEqual(created.after as StoredMetadata)
    expect(replaced.after?.revision).toBe(await store.revision())
    expect(replaced.after?.revision).toBeGreaterThan(created.after?.revision ?? Number.NaN)
    const kept = await store.edit('1', () => 'keep')
    expect(kept).toEqual({ before: replaced.after, after: replaced.after })
    expect(await store.revision()).toBe(replaced.after?.revision ?? Number.NaN)
    const deleted = await store.edit('1', () => 'delete')
    expect(deleted).toEqual({ before: replaced.after, after: undefined })
    expect(await store.get('1')).toBeUndefined()
  })

  test('an edit that finds no movie may keep or delete nothing', async () => {
    await using store = await openNew()
    const revision = await store.revision()
    for (const id of ['nobody', 'nobody\0', '\ud800', '']) {
      for (const next of ['keep', 'delete'] as const) {
        const edited = await store.edit(id, () => next)
        expect(edited).toEqual({ before: undefined, after: undefined })
      }
    }
    expect(await store.revision()).toBe(revision)
  })

  test('an edited movie is found by its new external ids alone', async () => {
    await using store = await openNew()
    await store.put([alien])
    await store.edit('1', () => ({ ...movie('1', 'Heat'), externalIds: { imdb: 'tt0113277' } }))
    const ids = await store.findByExternalId('imdb', ['tt0078748', 'tt0113277'], 5)
    expect([...ids]).toEqual([['tt0113277', ['1']]])
  })

  test('an edit that throws changes nothing, and rejects with the error', async () => {
    await using store = await openNew()
    await store.put([alien])
    const before = await store.get('1')
    const revision = await store.revision()
    const error = new Error('decided otherwise')
    const edit = store.edit('1', () => {
      throw error
    })
    expect(await edit.catch((reason: unknown) => reason)).toBe(error)
    expect(await store.get('1')).toEqual(before as StoredMetadata)
    expect(await store.revision()).toBe(revision)
    expect(await store.put([movie('2')])).toEqual(['created'])
  })

  test('concurrent edits see each other: none is lost', async () => {
    await using store = await openNew()
    const increment = (before: StoredMetadata | undefined): MovieEdit => {
      return { ...movie('1'), runningTimeMinutes: (before?.runningTimeMinutes ?? 0) + 1 }
    }
    await Promise.all(Array.from({ length: 50 }, () => store.edit('1', increment)))
    expect((await store.get('1'))?.runningTimeMinutes).toBe(50)
  })
}

type Round = readonly ('put' | 'delete')[]

const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.array(fc.constantFrom<Round[number][]>('put', 'put', 'delete'), {
    minLength: 2,
    maxLength: 6,
  }),
  { minLength: 1, maxLength: 8 },
)

/**
 * Expects that of writers that have read the same revision, through two stores on one database, one
 * wins, and that the winners follow each other.
 */
export async function expectOneWinner(first: MetadataStore, second: MetadataStore): Promise<void> {
  let runs = 0
  const property = fc.asyncProperty(rounds, async (rounds) => {
    const id = `${runs++}`
    const won: WonWrite[] = []
    for (const round of rounds) {
      const seen = await first.get(id)
      const edits = round.map((kind, index) => {
        const next = kind === 'put' ? movie(id, `Writer ${index}`) : 'delete'
        const store = index % 2 === 0 ? second : first
        return store.edit(id, (before) => (before?.revision === seen?.revision ? next : 'keep'))
      })
      const results = await Promise.all(edits)
      const winners = results.filter(({ before, after }) => before?.revision !== after?.revision)
      won.push(...winners.map(revisionsOf))
      // Deleting what does not exist changes nothing, and the next writer may still win.
      expect(winners.length).toBe(seen !== undefined || round.includes('put') ? 1 : 0)
    }
    expectLinearChain(won, (await first.get(id))?.revision)
  })
  await fc.assert(property, { numRuns: randomRuns(30) })
}

function revisionsOf({ before, after }: Awaited<ReturnType<MetadataStore['edit']>>): WonWrite {
  return { before: before?.revision, after: after?.revision }
}
