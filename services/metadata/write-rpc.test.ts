import { describe, expect, test } from 'bun:test'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { Code, type ConnectError, createClient } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { pino } from 'pino'
import { type MetadataSchema, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { createMetadataApp } from './service.ts'
import { alien as completeMovie } from './store/contract/fixtures.ts'
import { createMemoryMetadataStore } from './store/memory.ts'

const alien = { ...completeMovie, genres: [...completeMovie.genres] }
const stale = '"0"'

describe('a write on a condition', () => {
  test('a put with the current etag replaces the movie, and returns the next etag', async () => {
    const { client, put } = setUp()
    const first = await put('Alien')
    const { metadata } = await client.getMetadata({ movieId: '1' })
    expect(metadata?.etag).toBe(first)
    const response = await client.putMetadata({ metadata: alien, etag: first })
    expect([response.created, response.metadata?.etag === first]).toEqual([false, false])
    expect((await client.getMetadata({ movieId: '1' })).metadata).toEqual(response.metadata)
  })

  test('writes with a stale etag are ABORTED with the current one, and change nothing', async () => {
    const { client, put } = setUp()
    const old = await put('Alien')
    const etag = await put('Aliens')
    const before = await client.getMetadata({ movieId: '1' })
    for (const write of [
      client.putMetadata({ metadata: alien, etag: old }),
      client.putMetadata({ metadata: { ...alien, etag: old } }),
      client.updateMetadata({ metadata: { id: '1', title: 'Heat' }, etag: old }),
      client.updateMetadata({ metadata: { id: '1', title: 'Heat', etag: old } }),
      client.deleteMetadata({ movieId: '1', etag: old }),
    ]) {
      const error = await failureOf(write)
      expect([error.code, error.rawMessage]).toEqual([
        Code.Aborted,
        'nothing was changed, because the movie "1" has another version: read it again',
      ])
      expect(errorInfoOf(error)).toEqual({ reason: 'ETAG_MISMATCH', domain, metadata: { etag } })
    }
    expect(await client.getMetadata({ movieId: '1' })).toEqual(before)
  })

  test('writes with an etag of a movie that does not exist are ABORTED', async () => {
    const { client } = setUp()
    for (const etag of [stale, '*']) {
      const error = await failureOf(client.putMetadata({ metadata: alien, etag }))
      expect(error.code).toBe(Code.Aborted)
      expect(errorInfoOf(error)).toEqual({ reason: 'ETAG_MISMATCH', domain })
      expect((await failureOf(client.deleteMetadata({ movieId: '1', etag }))).code).toBe(
        Code.Aborted,
      )
    }
    expect((await failureOf(client.getMetadata({ movieId: '1' }))).code).toBe(Code.NotFound)
  })

  test('a put that must create fails with ALREADY_EXISTS when the movie exists', async () => {
    const { client } = setUp()
    const request = { metadata: { id: '1', title: 'Alien' }, mustNotExist: true }
    const created = await client.putMetadata(request)
    expect(created.created).toBe(true)
    const error = await failureOf(client.putMetadata(request))
    expect(error.code).toBe(Code.AlreadyExists)
    const etag = created.metadata?.etag
    expect(errorInfoOf(error)).toEqual({ reason: 'ALREADY_EXISTS', domain, metadata: { etag } })
  })

  test('a movie that a put copies under another id may keep the etag of the first', async () => {
    const { client, put } = setUp()
    const etag = await put('Alien')
    const copy = { id: '2', title: 'Alien', etag }
    expect((await failureOf(client.putMetadata({ metadata: copy }))).code).toBe(Code.Aborted)
    const created = await client.putMetadata({ metadata: copy, mustNotExist: true })
    expect(created.created).toBe(true)
  })

  test.each([
    ['of several etags, one of which is current', (etag: string) => `${stale}, ${etag}`],
    ['that the movie exists', () => '*'],
    ['of the etag of an encoded response', (etag: string) => etag.replace(/"$/, '.gzip"')],
  ])('a condition %s is met', async (_, etagsOf) => {
    const { client, put } = setUp()
    const etag = etagsOf(await put('Alien'))
    expect((await client.deleteMetadata({ movieId: '1', etag })).deleted).toBe(true)
  })

  test('a weak etag matches nothing', async () => {
    const { client, put } = setUp()
    const etag = `W/${await put('Alien')}`
    expect((await failureOf(client.deleteMetadata({ movieId: '1', etag }))).code).toBe(Code.Aborted)
  })

  test.each(['abc', '"abc', 'abc"', '"a" "b"', '*, "a"', '"a",,"b"', 'w/"a"'])(
    'the etag %s is INVALID_ARGUMENT, and nothing is written',
    async (etag) => {
      const { client } = setUp()
      const error = await failureOf(client.putMetadata({ metadata: alien, etag }))
      expect(error.code).toBe(Code.InvalidArgument)
      expect(error.rawMessage).toContain('with its quotes, or *')
      expect((await failureOf(client.getMetadata({ movieId: '1' }))).code).toBe(Code.NotFound)
    },
  )

  test('etag and must_not_exist exclude each other', async () => {
    const { client } = setUp()
    const put = client.putMetadata({ metadata: alien, etag: stale, mustNotExist: true })
    expect((await failureOf(put)).code).toBe(Code.InvalidArgument)
  })
})

describe('UpdateMetadata', () => {
  const { externalIds } = alien
  const cases: readonly (readonly [string, Update, object])[] = [
    [
      'changes the fields that have a value',
      { metadata: { title: 'Aliens' } },
      { title: 'Aliens' },
    ],
    [
      'keeps other ids',
      { metadata: { externalIds: { imdb: 'tt0090605' } } },
      {
        externalIds: { ...externalIds, imdb: 'tt0090605' },
      },
    ],
    [
      'changes only the fields of the mask',
      {
        metadata: { title: 'Aliens', director: 'James Cameron' },
        updateMask: { paths: ['director'] },
      },
      { director: 'James Cameron' },
    ],
    [
      'empties fields of the mask that have no value',
      {
        metadata: {},
        updateMask: { paths: ['description', 'genres', 'year', 'external_ids.tmdb'] },
      },
      { description: '', genres: [], year: undefined, externalIds: { ...externalIds, tmdb: '' } },
    ],
    [
      'replaces a list',
      {
        metadata: { genres: ['Drama'] },
      },
      { genres: ['Drama'] },
    ],
    [
      'removes a message',
      {
        metadata: {},
        updateMask: { paths: ['external_ids'] },
      },
      { externalIds: undefined },
    ],
  ]

  test.each(cases)('%s', async (_, request, changes) => {
    const { client, updateAlien } = setUp()
    const { before, after } = await updateAlien(request)
    const { updateTime, etag, ...fields } = after ?? {}
    expect(etag).not.toBe(before?.etag)
    expect(updateTime).toBeDefined()
    // JSON, because an unset field of a message is a property of its prototype.
    expect(JSON.parse(JSON.stringify(fields))).toMatchObject(
      JSON.parse(JSON.stringify({ ...alien, ...changes })),
    )
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) expect(fields).not.toHaveProperty(name)
    }
    expect((await client.getMetadata({ movieId: '1' })).metadata).toEqual(after)
  })

  test('the mask * replaces everything', async () => {
    const { updateAlien } = setUp()
    const request = { metadata: { title: 'Heat' }, updateMask: { paths: ['*'] } }
    const { after } = await updateAlien(request)
    expect(after).toMatchObject({ id: '1', title: 'Heat', director: '', genres: [] })
    expect(after?.year).toBeUndefined()
  })

  test('an update of nothing, or of what the service sets, keeps the etag', async () => {
    const { updateAlien } = setUp()
    const updateMask = { paths: ['etag', 'update_time', 'id'] }
    for (const request of [{ metadata: {} }, { metadata: { title: 'Heat' }, updateMask }]) {
      const { before, after } = await updateAlien(request)
      expect(after).toEqual(before)
    }
  })

  test.each([
    'nothing',
    'external_ids.nothing',
    'title.words',
    'genres.0',
    'externalIds',
    '',
    'a,b',
  ])('the path "%s" is INVALID_ARGUMENT', async (path) => {
    const { client, updateAlien } = setUp()
    const update = updateAlien({ metadata: { title: 'A' }, updateMask: { paths: [path] } })
    const error = await failureOf(update)
    expect([error.code, error.rawMessage]).toEqual([
      Code.InvalidArgument,
      `update_mask has "${path}": send names of fields, such as "title"`,
    ])
    expect((await client.getMetadata({ movieId: '1' })).metadata?.title).toBe('Alien')
  })

  test('a result that breaks a rule is INVALID_ARGUMENT, and changes nothing', async () => {
    const { client, updateAlien } = setUp()
    for (const request of [
      { metadata: { year: 1500 } },
      { metadata: {}, updateMask: { paths: ['title'] } },
    ]) {
      expect((await failureOf(updateAlien(request))).code).toBe(Code.InvalidArgument)
    }
    expect((await client.getMetadata({ movieId: '1' })).metadata).toMatchObject(alien)
  })

  test('an unknown movie is NOT_FOUND, and is not created', async () => {
    const { client } = setUp()
    const update = client.updateMetadata({ metadata: { id: 'nobody', title: 'A' } })
    expect((await failureOf(update)).code).toBe(Code.NotFound)
    expect((await client.listMetadata({})).metadata).toEqual([])
  })

  test('an update without the id of a movie is INVALID_ARGUMENT', async () => {
    const { client } = setUp()
    for (const request of [
      {},
      { metadata: { title: 'A' } },
      { updateMask: { paths: ['title'] } },
    ]) {
      const failure = await failureOf(client.updateMetadata(request))
      expect(failure.code).toBe(Code.InvalidArgument)
      expect(failure.rawMessage).toContain('metadata.id has to name the movie')
    }
  })

  test('concurrent updates of different fields are all kept', async () => {
    const { client, put } = setUp()
    await put('Alien')
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const field = ['director', 'description', 'releaseDate', 'title'][index % 4] as string
        const value = field === 'releaseDate' ? `20${10 + index}` : `${index}`
        return client.updateMetadata({ metadata: { id: '1', [field]: value } })
      }),
    )
    const { metadata } = await client.getMetadata({ movieId: '1' })
    expect(metadata).toMatchObject({
      director: '16',
      description: '17',
      releaseDate: '2028',
      title: '19',
    })
  })
})

const domain = 'marquee'

/** A request for an update, without the id. */
interface Update {
  readonly metadata: MessageInitShape<typeof MetadataSchema>
  readonly updateMask?: { paths: string[] }
}

function errorInfoOf({ details }: ConnectError): unknown {
  const [detail] = details
  expect(detail).toMatchObject({ type: 'google.rpc.ErrorInfo' })
  return (detail as { debug?: unknown }).debug
}

function setUp() {
  const app = createMetadataApp({
    store: createMemoryMetadataStore(),
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  const client = createClient(MetadataService, createAppTransport(app))
  return {
    client,
    /** Puts a movie with the id 1, and returns its etag. */
    async put(title: string) {
      const { metadata } = await client.putMetadata({ metadata: { id: '1', title } })
      return metadata?.etag ?? ''
    },
    /** Puts `alien`, then updates it. */
    async updateAlien({ metadata, ...request }: Update) {
      const { metadata: before } = await client.putMetadata({ metadata: alien })
      const changed = { ...metadata, id: alien.id }
      const { metadata: after } = await client.updateMetadata({ ...request, metadata: changed })
      return { before, after }
    },
  }
}
