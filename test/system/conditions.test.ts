import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Code, createClient } from '@connectrpc/connect'
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node'
import { failureOf } from '@marquee/testing/failure-of'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'

let folder: TemporaryFolder
let program: Program
const urls: Record<string, string> = {}

beforeAll(async () => {
  folder = await temporaryFolder()
  const ports = ['metadata', 'rating', 'movie'].flatMap((name) => [`--port-${name}`, '0'])
  const args = ['--data', folder.path, ...ports]
  program = await spawnProgram({ runtime: 'bun', entry: 'services/dev.ts', args })
  await program.waitForLine(/^Ready after/m, 60_000)
  for (const [, name = '', url = ''] of program.stdout().matchAll(/^ {2}(\w+) +(http\S+)$/gm)) {
    urls[name] = url
  }
}, 90_000)
afterAll(async () => {
  await program?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

async function send(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  json?: unknown,
) {
  const response = await fetch(url, {
    method,
    headers: { 'accept-encoding': 'identity', ...headers },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  const etag = response.headers.get('etag') ?? ''
  const body = text === '' ? undefined : JSON.parse(text)
  return { status: response.status, headers: response.headers, etag, body }
}

/** Returns status, code and the current ETag of a response to a write that did not take place. */
function conflictOf({ status, body }: Awaited<ReturnType<typeof send>>) {
  const info = body.details?.find((one: { type: string }) => one.type === 'google.rpc.ErrorInfo')
  const [etag] = /"[0-9a-z]+"/.exec(Buffer.from(info.value, 'base64').toString()) ?? []
  return [status, body.code, etag]
}

describe.each(['itself', 'movie'])('at %s', (place) => {
  const at = (service: 'metadata' | 'rating') => urls[place === 'movie' ? 'movie' : service]
  const id = `conditional-${place}`
  const movieUrl = () => `${at('metadata')}/v1/movies/${id}`
  const ratingUrl = () => `${at('rating')}/v1/movies/${id}/ratings/ann`

  test('a movie is created, replaced, updated and deleted on conditions, and stale ones are 412', async () => {
    const url = movieUrl()
    const created = await send('PUT', url, { 'if-none-match': '*' }, { title: 'A' })
    expect([created.status, created.body.etag]).toEqual([200, created.etag])
    const again = await send('PUT', url, { 'if-none-match': '*' }, { title: 'B' })
    expect(conflictOf(again)).toEqual([412, 'already_exists', created.etag])
    const patched = await send('PATCH', url, { 'if-match': created.etag }, { director: 'D' })
    expect(patched.body).toMatchObject({ title: 'A', director: 'D', etag: patched.etag })
    for (const [method, body] of [
      ['PUT', { title: 'B' }],
      ['PATCH', { title: 'B' }],
      ['DELETE', undefined],
    ] as const) {
      const stale = await send(method, url, { 'if-match': created.etag }, body)
      expect([method, ...conflictOf(stale)]).toEqual([method, 412, 'aborted', patched.etag])
    }
    const read = await send('GET', url)
    expect([read.etag, read.body]).toEqual([patched.etag, patched.body])
    const list = await send('PUT', url, { 'if-match': `"0", ${read.etag}` }, { title: 'B' })
    expect(list.status).toBe(200)
    const fromBody = await send('PUT', url, {}, { ...read.body, title: 'C' })
    expect(conflictOf(fromBody)).toEqual([412, 'aborted', list.etag])
    expect((await send('PUT', url, { 'if-match': '*' }, { title: 'C' })).status).toBe(200)
    expect((await send('DELETE', url, { 'if-match': '*' })).body).toMatchObject({ deleted: true })
    const gone = await send('PUT', url, { 'if-match': '*' }, { title: 'C' })
    expect(conflictOf(gone)).toEqual([412, 'aborted', undefined])
    expect((await send('GET', url)).status).toBe(404)
  })

  test('a PATCH changes the fields that its body names, or its mask, and clears null', async () => {
    const url = `${movieUrl()}-patched`
    const movie = {
      title: 'A',
      director: 'D',
      year: 1979,
      genres: ['X'],
      externalIds: { tmdb: '1' },
    }
    await send('PUT', url, {}, movie)
    const first = await send(
      'PATCH',
      url,
      {},
      { year: null, genres: [], externalIds: { trakt: '2' } },
    )
    expect(first.body).toMatchObject({ title: 'A', externalIds: { tmdb: '1', trakt: '2' } })
    expect(Object.keys(first.body).sort()).toEqual([
      'director',
      'etag',
      'externalIds',
      'id',
      'title',
      'updateTime',
    ])
    const masked = await send('PATCH', `${url}?update_mask=title,externalIds`, {}, { title: 'B' })
    expect(masked.body).toMatchObject({ title: 'B', director: 'D' })
    expect(masked.body).not.toHaveProperty('externalIds')
    expect((await send('PATCH', `${url}?update_mask=none`, {}, {})).status).toBe(400)
    expect((await send('PATCH', `${url}-unknown`, {}, { title: 'B' })).status).toBe(404)
  })

  test('a rating is put and deleted on conditions, and stale ones are 412', async () => {
    const url = ratingUrl()
    const created = await send('PUT', url, { 'if-none-match': '*' }, { value: 4 })
    expect([created.status, created.body.count]).toEqual([200, 1])
    const read = await send('GET', url)
    expect([read.etag, read.body.etag]).toEqual([created.etag, created.etag])
    const next = await send('PUT', url, { 'if-match': read.etag }, { value: 5 })
    const stale = await send('PUT', url, { 'if-match': read.etag }, { value: 1 })
    expect(conflictOf(stale)).toEqual([412, 'aborted', next.etag])
    const kept = await send('DELETE', url, { 'if-match': read.etag })
    expect(conflictOf(kept)).toEqual([412, 'aborted', next.etag])
    expect((await send('GET', url)).body.value).toBe(5)
    expect((await send('DELETE', url, { 'if-match': next.etag })).body).toEqual({ deleted: true })
  })

  test('a read on the condition of another version is 304, per encoding', async () => {
    const url = `${movieUrl()}-read`
    const { etag } = await send('PUT', url, {}, { title: 'A', description: 'x'.repeat(4_000) })
    const packed = await send('GET', url, { 'accept-encoding': 'gzip' })
    expect(packed.etag).toBe(etag.replace(/"$/, '.gzip"'))
    for (const method of ['GET', 'HEAD']) {
      const same = await send(method, url, { 'if-none-match': etag })
      expect([same.status, same.etag, same.headers.get('vary')]).toEqual([
        304,
        etag,
        'accept, accept-encoding',
      ])
    }
    const other = { 'if-none-match': packed.etag }
    expect((await send('GET', url, other)).status).toBe(200)
    expect((await send('GET', url, { ...other, 'accept-encoding': 'gzip' })).status).toBe(304)
    expect((await send('PUT', url, { 'if-match': packed.etag }, { title: 'B' })).status).toBe(200)
    expect((await send('GET', url, { 'if-none-match': etag })).status).toBe(200)
  })

  test('by Connect and gRPC the condition is a field', async () => {
    for (const transportTo of [
      (baseUrl = '') => createConnectTransport({ baseUrl, httpVersion: '1.1' }),
      (baseUrl = '') => createGrpcTransport({ baseUrl }),
    ]) {
      const client = createClient(MetadataService, transportTo(at('metadata')))
      const ratings = createClient(RatingService, transportTo(at('rating')))
      const metadata = { id: `${id}-rpc`, title: 'A' }
      const first = await client.putMetadata({ metadata, etag: '' })
      const second = await client.putMetadata({ metadata, etag: first.metadata?.etag ?? '' })
      const stale = await failureOf(
        client.putMetadata({ metadata, etag: first.metadata?.etag ?? '' }),
      )
      expect([stale.code, stale.details[0]]).toMatchObject([
        Code.Aborted,
        { type: 'google.rpc.ErrorInfo' },
      ])
      const etag = second.metadata?.etag ?? ''
      expect((await client.deleteMetadata({ movieId: metadata.id, etag })).deleted).toBe(true)
      const rating = { recordType: 'movie', recordId: metadata.id, userId: 'ann' }
      const put = () => ratings.putRating({ ...rating, value: 4, mustNotExist: true })
      const saved = (await put()).rating
      expect((await failureOf(put())).code).toBe(Code.AlreadyExists)
      expect((await ratings.getRating(rating)).rating).toEqual(saved)
      const deletion = { ...rating, etag: saved?.etag ?? '' }
      expect((await ratings.deleteRating(deletion)).deleted).toBe(true)
    }
  })
})

test('DeleteMovie deletes one version, by REST and gRPC', async () => {
  const url = `${urls.movie}/v1/movies/versioned`
  const old = await send('PUT', url, {}, { title: 'A' })
  const { etag } = await send('PUT', url, {}, { title: 'B' })
  await send('PUT', `${url}/ratings/ann`, {}, { value: 4 })
  const stale = await send('DELETE', `${url}?delete_ratings=true`, { 'if-match': old.etag })
  expect(conflictOf(stale)).toEqual([412, 'aborted', etag])
  const client = createClient(MovieService, createGrpcTransport({ baseUrl: urls.movie ?? '' }))
  const failure = await failureOf(client.deleteMovie({ movieId: 'versioned', etag: old.etag }))
  expect(failure.code).toBe(Code.Aborted)
  expect((await send('GET', `${url}/rating`)).body.count).toBe(1)
  const deleted = await send('DELETE', `${url}?delete_ratings=true`, { 'if-match': etag })
  expect(deleted.body).toEqual({ deleted: true, deletedRatingCount: 1 })
})

test('the routes from before have no etag in their bodies, and refuse conditions', async () => {
  const url = `${urls.metadata}/metadata?id=former`
  const put = await send('PUT', url, {}, { title: 'A' })
  expect([put.status, Object.keys(put.body).sort(), put.etag]).toEqual([
    201,
    ['id', 'title', 'updateTime'],
    '',
  ])
  const read = await send('GET', url)
  expect([read.body, read.etag.slice(0, 3)]).toEqual([put.body, 'W/"'])
  expect((await send('PUT', url, { 'if-match': '*' }, { title: 'B' })).status).toBe(412)
  const rating = `${urls.rating}/rating?id=former&type=movie&userId=ann`
  await send('PUT', `${rating}&value=4`)
  expect((await send('GET', rating)).body).not.toHaveProperty('etag')
  const details = await send('GET', `${urls.movie}/movie?id=former`)
  expect(details.body.metadata).toEqual(put.body)
})
