import { describe, expect, test } from 'bun:test'
import { call, get, refusal } from '../testing/call.ts'

describe('responses', () => {
  test('integers are numbers up to 2^53, and strings beyond', async () => {
    const { request, ...response } = await get('/v1/books')
    expect(response).toEqual({
      counts: { small: 1, large: '1152921504606846976' },
      numbers: [-5, '9007199254740992'],
      total: 7,
    })
  })

  test('an error has the status of its code', async () => {
    const path = '/v1/books/1:link'
    const unknown = await refusal('POST', path, { json: { to: 'nowhere' } })
    expect(unknown).toEqual([404, 'not_found', 'no such book'])
    expect(await refusal('POST', path, { json: { to: 'full' } })).toContain(429)
  })

  test('an error is a problem of RFC 9457 when the client names it', async () => {
    const headers = { accept: 'application/json, application/problem+json' }
    const response = await call('POST', '/v1/books/1:link', { json: { to: 'nowhere' }, headers })
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'no such book',
      code: 'not_found',
    })
  })

  test('a client that accepts no JSON gets 406', async () => {
    expect((await call('GET', '/v1/books', { headers: { accept: 'text/html' } })).status).toBe(406)
    await get('/v1/books', { accept: 'text/html, */*;q=0.1' })
    await get('/v1/books', { accept: 'application/*' })
    await get('/v1/books', { accept: 'application/problem+json' })
    const refused = { accept: 'application/json;q=0, */*' }
    expect((await call('GET', '/v1/books', { headers: refused })).status).toBe(200)
  })

  test('HEAD, OPTIONS and other methods respond with what the path has', async () => {
    const head = await call('HEAD', '/v1/books/5')
    expect([head.status, head.text, head.headers.get('content-type')]).toEqual([
      200,
      '',
      'application/json',
    ])
    const options = await call('OPTIONS', '/v1/books/5')
    expect([options.status, options.headers.get('allow')]).toEqual([
      204,
      'GET, HEAD, PATCH, PUT, OPTIONS',
    ])
    const refused = await call('DELETE', '/v1/books/5')
    expect([refused.status, refused.headers.get('allow')]).toEqual([
      405,
      'GET, HEAD, PATCH, PUT, OPTIONS',
    ])
    expect(refused.json()).toEqual({
      code: 'unimplemented',
      message: '/v1/books/5 takes GET, HEAD, PATCH, PUT, not DELETE',
    })
  })

  test('a custom rule has any method', async () => {
    expect((await call('OPTIONS', '/v1/links/5')).json()).toEqual({ request: { from: '5' } })
  })

  test('a write with a condition that it has no field for is refused', async () => {
    const headers = { 'if-match': '"1"' }
    expect((await call('PUT', '/v1/books/5/tags', { json: [], headers })).status).toBe(412)
  })

  test('a deadline comes from grpc-timeout', async () => {
    const headers = { 'grpc-timeout': '0m' }
    expect((await call('GET', '/v1/books', { headers })).status).toBe(504)
    expect((await call('GET', '/v1/books', { headers: { 'grpc-timeout': 'x' } })).status).toBe(400)
  })
})

describe('streams', () => {
  test.each([undefined, '*/*', 'application/json', 'application/x-ndjson'])(
    'with Accept %s each message is a line',
    async (accept) => {
      const headers: Record<string, string> = accept === undefined ? {} : { accept }
      const response = await call('GET', '/v1/books/5:watch?count=2', { headers })
      expect(response.headers.get('content-type')).toBe('application/x-ndjson')
      expect(response.text).toBe(
        '{"bookId":"5","resumeRevision":1}\n{"bookId":"5","resumeRevision":2}\n',
      )
    },
  )

  test('with Accept text/event-stream each message is an event', async () => {
    const headers = { accept: 'text/event-stream' }
    const response = await call('GET', '/v1/books/5:watch?count=1&fails=true', { headers })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.text).toBe(
      'id: 1\ndata: {"bookId":"5","resumeRevision":1}\n\nevent: error\ndata: {"code":"data_loss","message":"the book is lost"}\n\n',
    )
  })

  test('a client that sends the id of its last event continues after it', async () => {
    const path = '/v1/books/5:watch?count=3&since_revision=1'
    const events = { accept: 'text/event-stream' }
    const first = await call('GET', path, { headers: events })
    const [id = ''] = /(?<=^id: )\d+$/m.exec(first.text) ?? []
    const again = await call('GET', path, { headers: { ...events, 'last-event-id': id } })
    expect(again.text).toBe('id: 3\ndata: {"bookId":"5","resumeRevision":3}\n\n')
    const empty = await call('GET', path, { headers: { ...events, 'last-event-id': '' } })
    expect(empty.text).toBe(first.text)
    const other = await call('GET', path, { headers: { ...events, 'last-event-id': 'x' } })
    expect([other.status, other.json().message]).toEqual([
      400,
      'Last-Event-ID is "x": send a whole number',
    ])
  })

  test('an error after a message is the last line', async () => {
    const response = await call('GET', '/v1/books/5:watch?count=1&fails=true')
    expect(response.status).toBe(200)
    const [, last] = response.text.trim().split('\n')
    expect(JSON.parse(last ?? '')).toEqual({
      error: { code: 'data_loss', message: 'the book is lost' },
    })
  })

  test('an error before the first message has a status of its own', async () => {
    expect(await refusal('GET', '/v1/books/5:watch?fails=true')).toEqual([
      500,
      'data_loss',
      'the book is lost',
    ])
    expect(await refusal('GET', '/v1/books/5:watch?count=x')).toContain(400)
    expect(
      (await call('GET', '/v1/books/5:watch', { headers: { accept: 'image/png' } })).status,
    ).toBe(406)
  })

  test('HEAD opens no stream', async () => {
    const response = await call('HEAD', '/v1/books/5:watch?fails=true')
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/x-ndjson',
    ])
  })
})
