import { expect } from 'bun:test'
import fc from 'fast-check'
import {
  type ExternalSource,
  externalSources,
  type Metadata,
  type StoredMetadata,
} from '../../metadata.ts'
import type { MetadataStore } from '../port.ts'
import { remove } from './fixtures.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({
    unit: fc.constantFrom('a', 'B', 'é', 'e\u0301', ' ', '\u{1e922}', '\uff21', '😀'),
  }),
)

const externalId = fc.constantFrom('1', '2', '\uffee', '😀')

/** Values of each property: the compiler asks for those of a new one. */
const properties: { readonly [Name in keyof Required<Metadata>]: fc.Arbitrary<Metadata[Name]> } = {
  id: fc.constantFrom('1', '2', '3', '4', '5', '\uffee', '😀'),
  title: text,
  description: text,
  director: text,
  releaseDate: fc.constantFrom('', '1979', '1979-05-25'),
  year: fc.integer({ min: 1870, max: 2200 }),
  genres: fc.array(text, { maxLength: 3 }),
  runningTimeMinutes: fc.nat(),
  imdbRating: fc.double({ min: 1, max: 10, noNaN: true }),
  imdbVotes: fc.nat(),
  externalIds: fc.record(
    { imdb: externalId, tmdb: externalId, letterboxd: externalId, trakt: externalId },
    { requiredKeys: [] },
  ),
}

const anyMovie = fc.record<Metadata>(properties, {
  requiredKeys: ['id', 'title', 'description', 'director', 'releaseDate', 'genres'],
})

type Step =
  | { kind: 'put'; movies: Metadata[] }
  | { kind: 'delete'; id: string }
  | { kind: 'find'; source: ExternalSource; externalIds: string[]; countMax: number }
  | { kind: 'list'; limit: number }

const anySteps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ kind: fc.constant('put'), movies: fc.array(anyMovie, { maxLength: 5 }) }),
    fc.record({ kind: fc.constant('delete'), id: anyMovie.map(({ id }) => id) }),
    fc.record({
      kind: fc.constant('find'),
      source: fc.constantFrom(...externalSources),
      externalIds: fc.array(externalId, { maxLength: 3 }),
      countMax: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constant('list'), limit: fc.integer({ min: 1, max: 3 }) }),
  ),
  { maxLength: 12 },
)

/** Property: step by step, a store does the same as a plain map of movies. */
export function behavesAsMap(open: () => Promise<MetadataStore>) {
  return fc.asyncProperty(anySteps, async (steps) => {
    await using store = await open()
    const model = new Map<string, Metadata>()
    for (const step of steps) await take(step, store, model)
    expect((await pages(store, 2)).map(plain)).toEqual(inOrder(model))
  })
}

async function take(step: Step, store: MetadataStore, model: Map<string, Metadata>): Promise<void> {
  switch (step.kind) {
    case 'put': {
      const expected = step.movies.map((movie) => {
        const outcome = model.has(movie.id) ? 'replaced' : 'created'
        model.set(movie.id, movie)
        return outcome
      })
      return expect(await store.put(step.movies)).toEqual(expected)
    }
    case 'delete':
      return expect(await remove(store, step.id)).toBe(model.delete(step.id))
    case 'find': {
      const { source, externalIds, countMax } = step
      const found = await store.findByExternalId(source, externalIds, countMax)
      return expect(new Map(found)).toEqual(findAll(model, step))
    }
    case 'list':
      return expect((await pages(store, step.limit)).map(plain)).toEqual(inOrder(model))
  }
}

/** Finds movies by external id as the port describes, by looking at all of them. */
function findAll(model: Map<string, Metadata>, step: Step & { kind: 'find' }) {
  const found = step.externalIds.map((externalId): [string, string[]] => {
    const movies = [...model.values()].filter((movie) => {
      return movie.externalIds?.[step.source] === externalId
    })
    const ids = movies.map(({ id }) => id).sort((a, b) => Buffer.compare(bytes(a), bytes(b)))
    return [externalId, ids.slice(0, step.countMax)]
  })
  return new Map(found.filter(([, ids]) => ids.length > 0))
}

function bytes(text: string): Buffer {
  return Buffer.from(text)
}

/** Lists as the port describes, with nothing but a sort of UTF-8 bytes. */
function inOrder(model: Map<string, Metadata>): Metadata[] {
  return [...model.values()].sort(
    (a, b) =>
      Buffer.compare(bytes(a.title), bytes(b.title)) || Buffer.compare(bytes(a.id), bytes(b.id)),
  )
}

/** Returns the movie as it was put. */
export function plain(stored: StoredMetadata | undefined): Metadata | undefined {
  if (stored === undefined) return undefined
  const { updateTimeMs, revision, ...metadata } = stored
  return metadata
}

/** Reads all pages of a list, one after the other. */
export async function pages(
  store: MetadataStore,
  limit: number,
  between: () => Promise<void> = async () => {},
): Promise<StoredMetadata[]> {
  const all: StoredMetadata[] = []
  let page = await store.list({ limit })
  all.push(...page.movies)
  while (page.next !== undefined) {
    expect(all.length).toBeLessThan(1_000)
    await between()
    page = await store.list({ limit, after: page.next })
    all.push(...page.movies)
  }
  return all
}
