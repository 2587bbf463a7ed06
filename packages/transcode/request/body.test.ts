import { describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { call, refusal } from '../testing/call.ts'

describe('bodies', () => {
  test('a body is the field that the rule names, beside the query and the path', async () => {
    const json = { id: '5', pageCount: '7', author: { genre: 2 } }
    const response = await call('POST', '/v1/shelves/1/books?dry_run=true', { json })
    expect(response.json()).toEqual({ id: '5', pageCount: 7, author: { genre: 'GENRE_POEM' } })
  })

  test('a body can be all of the request, and the path counts', async () => {
    const json = { book: { id: 'other', title: 'x' }, updateMask: 'title' }
    const { request } = (await call('PUT', '/v1/books/5', { json })).json()
    expect(request).toEqual({ book: { id: '5', title: 'x' }, updateMask: 'title' })
  })

  test('an additional binding has a body of its own', async () => {
    const path = '/v1/books/5?update_mask=title,page_count'
    const { request } = (await call('PATCH', path, { json: { title: 'x' } })).json()
    expect(request).toEqual({ book: { id: '5', title: 'x' }, updateMask: 'title,pageCount' })
  })

  test('a body can be a list, and the response too', async () => {
    expect((await call('PUT', '/v1/books/5/tags', { json: ['a', 'b'] })).json()).toEqual(['a', 'b'])
    expect((await call('PUT', '/v1/books/5/tags', { json: [] })).json()).toEqual([])
  })

  test('an empty body sets no field', async () => {
    expect((await call('POST', '/v1/shelves/1/books')).json()).toEqual({})
  })

  test.each([
    ['{"title"', /^the body is not JSON|JSON/],
    ['{"title": 5}', /title/],
    ['{"title": "a", "title": "b"}', /title/],
    ['[]', /JSON/],
  ])('the body %s is refused', async (body, reason) => {
    const headers = { 'content-type': 'application/json' }
    const [status, code, message] = await refusal('POST', '/v1/shelves/1/books', { body, headers })
    expect([status, code]).toEqual([400, 'invalid_argument'])
    expect(message).toMatch(reason)
  })

  test('a body that is a list cannot set other fields', async () => {
    const headers = { 'content-type': 'application/json' }
    const [status] = await refusal('PUT', '/v1/books/5/tags', { body: '[],"bookId":"6"', headers })
    expect(status).toBe(400)
  })

  test('a body that is not JSON is 415, and JSON of any name is not', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const [status, , message] = await refusal('POST', '/v1/shelves/1/books', {
      body: 'a=1',
      headers: form,
    })
    expect([status, message]).toEqual([
      415,
      'content type "application/x-www-form-urlencoded" is not JSON: send application/json',
    ])
    const merge = { 'content-type': 'application/merge-patch+json; charset=UTF-8' }
    const patched = await call('PATCH', '/v1/books/5', { body: '{"title":"x"}', headers: merge })
    expect(patched.status).toBe(200)
  })

  test('a compressed body is decompressed, and an unknown encoding is 415', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    const body = gzipSync('{"title":"x"}')
    const zipped = await call('POST', '/v1/shelves/1/books', { body, headers })
    expect(zipped.json()).toEqual({ title: 'x' })
    const unknown = { ...headers, 'content-encoding': 'lz4' }
    expect((await call('POST', '/v1/shelves/1/books', { body, headers: unknown })).status).toBe(415)
  })

  test('a body that is too large is 413', async () => {
    const json = { title: 'x'.repeat(200_000) }
    const [status, code] = await refusal('POST', '/v1/shelves/1/books', { json })
    expect([status, code]).toEqual([413, 'resource_exhausted'])
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    const body = gzipSync(JSON.stringify(json))
    const zipped = await refusal('POST', '/v1/shelves/1/books', { body, headers })
    expect([zipped[0], zipped[1]]).toEqual([413, 'resource_exhausted'])
  })

  test('a body with too many fields and items is 413', async () => {
    const lines = { 'content-type': 'application/x-ndjson' }
    const many = `{"x":[${'0,'.repeat(20_000)}0]}`
    for (const [path, headers] of [['/v1/shelves/1/books'], ['/v1/books:import', lines]] as const) {
      const init = { body: many, headers: headers ?? { 'content-type': 'application/json' } }
      const [status, , text] = await refusal('POST', path, init)
      expect([status, text]).toEqual([413, expect.stringMatching(/more than \d+ fields and items/)])
    }
  })
})

describe('streams of requests', () => {
  const headers = { 'content-type': 'application/x-ndjson' }
  const path = '/v1/books:import'

  /** A body that arrives in pieces of one length. */
  function inPieces(text: string, length: number): ReadableStream<Uint8Array> {
    const bytes = new TextEncoder().encode(text)
    let at = 0
    return new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.subarray(at, at + length))
        at += length
      },
    })
  }

  test.each([1, 7, 1000])('lines in pieces of %d bytes are messages', async (length) => {
    const lines = '{"book":{"id":"é"}}\n\n{"book":{"id":"2"}}\r\n{"book":{"id":"3"}}'
    const response = await call('POST', path, { body: inPieces(lines, length), headers })
    expect(response.json()).toEqual({ ids: ['é', '2', '3'] })
  })

  test('an empty body is an empty stream', async () => {
    expect((await call('POST', path, { body: '', headers })).json()).toEqual({})
  })

  test('a malformed line ends the call', async () => {
    const refused = await refusal('POST', path, { body: '{"book":{}}\n\n{', headers })
    expect(refused).toEqual([
      ...[400, 'invalid_argument'],
      expect.stringMatching(/^line 3: cannot decode message .+ from JSON: /),
    ])
  })

  test('a line that is too long is 413', async () => {
    const body = inPieces(`{"book":{"title":"${'x'.repeat(200_000)}"}}`, 10_000)
    const [status, , text] = await refusal('POST', path, { body, headers })
    expect([status, text]).toEqual([
      413,
      expect.stringMatching(/^line 1 is longer than \d+ bytes: /),
    ])
  })

  test('another content type or an encoding is 415', async () => {
    const text = { 'content-type': 'text/plain' }
    const type = await refusal('POST', path, { body: '{}', headers: text })
    expect([type[0], type[2]]).toEqual([415, expect.stringMatching(/^content type "text\/plain"/)])
    const zipped = { ...headers, 'content-encoding': 'gzip' }
    const coding = await refusal('POST', path, { body: '{}', headers: zipped })
    expect([coding[0], coding[2]]).toEqual([415, expect.stringMatching(/^content encoding "gzip"/)])
  })

  test.each([
    ['x=1', 'the parameter "x" is not known here: leave it out'],
    ['book.id=1', 'the parameter "book.id" is not read, because the body has all fields'],
  ])('a stream of requests takes no parameter, such as ?%s', async (query, reason) => {
    const refused = await refusal('POST', `${path}?${query}`, { body: '{"book":{}}', headers })
    expect([refused[0], refused[2]]).toEqual([400, expect.stringContaining(reason)])
  })
})
