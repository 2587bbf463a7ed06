import { expect, test } from 'bun:test'
import { call, refusal } from '../testing/call.ts'

const path = '/v1/books/7'

async function requestOf(method: string, headers: Record<string, string>, json: object = {}) {
  const response = await call(method, path, { headers, json })
  expect([response.status, response.text]).toEqual([200, response.text])
  return response.json().request
}

test.each([['"a"'], ['W/"a"'], ['"a", "b.gzip"'], ['*']])(
  'If-Match: %s is the field etag of the request',
  async (value) => {
    expect((await requestOf('PUT', { 'if-match': value })).etag).toBe(value)
    expect((await requestOf('PATCH', { 'if-match': ` ${value}` }, { title: 'A' })).etag).toBe(value)
  },
)

test('If-None-Match: * is the field must_not_exist of the request', async () => {
  const request = await requestOf('PUT', { 'if-none-match': '*' })
  expect(request).toEqual({ book: { id: '7' }, mustNotExist: true })
})

test('a request without a condition has none', async () => {
  expect(await requestOf('PUT', {})).toEqual({ book: { id: '7' } })
})

test('the fields may be in the body, and a header that says the same is accepted', async () => {
  expect((await requestOf('PUT', {}, { etag: '"a"' })).etag).toBe('"a"')
  expect((await requestOf('PUT', { 'if-match': '"a"' }, { etag: '"a"' })).etag).toBe('"a"')
  const init = { headers: { 'if-match': '"a"' }, json: { etag: '"b"' } }
  expect(await refusal('PUT', path, init)).toEqual([
    400,
    'invalid_argument',
    'If-Match and the field etag differ: send one of them',
  ])
})

test.each([
  ['PUT', path, 'if-match', ''],
  ['PUT', path, 'if-none-match', '"a"'],
  ['PUT', path, 'if-unmodified-since', 'Sat, 28 Nov 2026 00:00:00 GMT'],
  ['PUT', `${path}/tags`, 'if-match', '"a"'],
  ['PUT', `${path}/tags`, 'if-none-match', '*'],
  ['POST', '/v1/books:import', 'if-match', '*'],
])(
  '%s %s with %s: %s is refused, because it cannot be evaluated',
  async (method, at, name, value) => {
    const [status, code] = await refusal(method, at, { headers: { [name]: value }, json: [] })
    expect([status, code]).toEqual([412, 'failed_precondition'])
  },
)

test.each([
  ['its members', { title: 'A', pageCount: 0, tags: null }, 'title,pageCount,tags'],
  ['members by the name in the proto', { page_count: 1 }, 'pageCount'],
  [
    'members of nested objects',
    { author: { fullName: 'B', years: [] } },
    'author.fullName,author.years',
  ],
  ['a nested object without members', { author: {} }, 'author'],
  ['a nested object that is null', { author: null }, 'author'],
  ['no member that is unknown or in the path', { id: '9', title: 'A', other: 1 }, 'title'],
])('the mask of a PATCH that sends none has %s', async (_, json, updateMask) => {
  expect((await requestOf('PATCH', {}, json)).updateMask).toBe(updateMask)
})

test('the mask of a PATCH that sends one, and of a PUT, is that of the request', async () => {
  const patch = await call('PATCH', `${path}?update_mask=title`, { json: { title: 'A', tags: [] } })
  expect(patch.json().request.updateMask).toBe('title')
  expect(await requestOf('PUT', {}, { book: { title: 'A' } })).not.toHaveProperty('updateMask')
  expect(await requestOf('PATCH', {})).toEqual({ book: { id: '7' } })
})
