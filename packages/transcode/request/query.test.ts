import { describe, expect, test } from 'bun:test'
import { call, get, refusal } from '../testing/call.ts'

const timeNeeded = (text: string) => `since is "${text}": send a time such as 2026-01-31T12:00:00Z`

describe('paths', () => {
  test.each([
    ['/v1/shelves/1/books/2', { name: 'shelves/1/books/2' }],
    ['/v1/shelves/a%2Fb%20c/books/%C3%A9', { name: 'shelves/a%2Fb c/books/é' }],
    ['/v1/books/a%2Fb%20c', { bookId: 'a/b c' }],
    ['/v1/books/tt:5', { bookId: 'tt:5' }],
    ['/v1/books/tt:5:read', { bookId: 'tt:5' }],
    ['/v1/books/5%3Aread', { bookId: '5:read' }],
    ['/v1/books/a+b', { bookId: 'a+b' }],
  ])('%s sets the fields of its variables', async (path, request) => {
    expect(await get(path)).toEqual({ request })
  })

  test('a variable with ** takes the rest of the path', async () => {
    expect(await get('/v1/files/a/b%2Fc%20d')).toEqual({ request: { path: 'a/b%2Fc d' } })
    expect(await get('/v1/files')).toEqual({ request: {} })
  })

  test('variables are numbers, booleans and enums too', async () => {
    const request = { number: -7, flag: true, shape: 'GENRE_POEM' }
    expect(await get('/v1/numbers/-7/true/GENRE_POEM')).toEqual({ request })
    expect(await get('/v1/numbers/-7/true/2')).toEqual({ request })
  })

  test('a malformed variable is refused with its name', async () => {
    const [status, code, message] = await refusal('GET', '/v1/numbers/x/true/2')
    expect([status, code]).toEqual([400, 'invalid_argument'])
    expect(message).toBe('number is "x": send a whole number')
    expect(await refusal('GET', '/v1/books/%ff')).toContain('invalid_argument')
  })

  test('a path without a route is left to the app', async () => {
    expect((await call('GET', '/v1/nothing')).status).toBe(404)
    expect((await call('GET', '/v1/books/')).status).toBe(404)
  })
})

describe('queries', () => {
  test.each([
    ['query=a%20b+c&page_size=5', { query: 'a b c', pageSize: 5 }],
    ['pageSize=5', { pageSize: 5 }],
    ['genres=GENRE_POEM&genres=1', { genres: ['GENRE_POEM', 'GENRE_NOVEL'] }],
    [
      'author.full_name=Ada&author.years=1&author.years=2',
      { author: { fullName: 'Ada', years: [1, 2] } },
    ],
    ['inner.inner.author.genre=2', { inner: { inner: { author: { genre: 'GENRE_POEM' } } } }],
    ['since=2026-01-31T12:00:00Z&within=1.5s', { since: '2026-01-31T12:00:00Z', within: '1.500s' }],
    ['mask=page_size,author.fullName', { mask: 'pageSize,author.fullName' }],
    ['copies=5&note=x&lent=false', { copies: 5, note: 'x', lent: false }],
    ['copies=9007199254740993', { copies: '9007199254740993' }],
    ['digest=-_8', { digest: '+/8=' }],
    ['digest=%2B/8%3D', { digest: '+/8=' }],
    ['weight=1e-3&ratio=0.5&borrowed=true', { weight: 0.001, ratio: 0.5, borrowed: true }],
    ['weight=NaN', { weight: 'NaN' }],
    ['ratio=0.1', { ratio: Math.fround(0.1) }],
    ['since=2024-02-29T23:59:59%2B01:00', { since: '2024-02-29T22:59:59Z' }],
    ['mask=*', { mask: '*' }],
    ['big=18446744073709551615', { big: '18446744073709551615' }],
    ['floor=-3', { floor: -3 }],
    [
      'times=2026-01-31T12:00:00Z&times=2026-02-01T00:00:00Z',
      { times: ['2026-01-31T12:00:00Z', '2026-02-01T00:00:00Z'] },
    ],
    ['numbers=1&numbers=-9007199254740993', { numbers: [1, '-9007199254740993'] }],
    ['', {}],
  ])('?%s sets its fields', async (query, request) => {
    expect((await get(`/v1/books?${query}`)).request).toEqual(request)
  })

  test.each([
    ['nothing=1', 'the parameter "nothing" is not known here: leave it out'],
    ['author.nothing=1', 'the parameter "author.nothing" is not known here: leave it out'],
    ['query.x=1', 'the parameter "query.x" is not known here: leave it out'],
    ['page_size=5&pageSize=6', 'page_size is "5, 6": it comes 2 times: send it once'],
    ['page_size=x', 'page_size is "x": send a whole number'],
    ['page_size=', 'page_size is "": send a whole number'],
    ['page_size=1.0', 'page_size is "1.0": send a whole number'],
    ['page_size=2147483648', 'page_size is "2147483648": page_size is out of range'],
    ['big=-1', 'big is "-1": big is out of range'],
    [
      'genres=GENRE_NONE',
      'genres is "GENRE_NONE": send one of GENRE_UNSPECIFIED, GENRE_NOVEL, GENRE_POEM',
    ],
    ['borrowed=yes', 'borrowed is "yes": send true or false'],
    ['digest=*', 'digest is "*": send base64'],
    ['since=today', 'since is "today": send a time such as 2026-01-31T12:00:00Z'],
    ['since=2025-02-29T00:00:00Z', timeNeeded('2025-02-29T00:00:00Z')],
    ['since=2026-01-31T24:00:00Z', timeNeeded('2026-01-31T24:00:00Z')],
    ['since.nanos=-1', 'the parameter "since.nanos" is not known here: leave it out'],
    ['mask=a%20b', 'mask is "a b": send names of fields, separated by commas'],
    ['mask=a,,b', 'mask is "a,,b": send names of fields, separated by commas'],
    ['within=5', 'within is "5": send seconds: 1.5s'],
    ['labels=x', 'labels is "x": send a map in the body'],
    ['author=x', 'author is "x": send library.v1.Author in the body, or its fields one by one'],
    ['authors.genre=1', 'the parameter "authors.genre" is not known here: leave it out'],
    ['room=a&floor=1', 'floor is "1": room excludes it: send one of them'],
    ['query=%ff', 'the query is not UTF-8'],
    ['query=100%', 'the query has "%", which is no percent-encoding: send %25 for %'],
    ['query=%zz1', 'the query has "%zz", which is no percent-encoding: send %25 for %'],
    ['weight=1e400', 'weight is "1e400": it is out of range'],
    ['ratio=1e39', 'ratio is "1e39": it is out of range'],
  ])('?%s is refused with the reason', async (query, reason) => {
    expect(await refusal('GET', `/v1/books?${query}`)).toEqual([400, 'invalid_argument', reason])
  })

  test('a query cannot set what is in the path or in the body', async () => {
    const inPath = await refusal('GET', '/v1/books/1?book_id=2')
    expect(inPath[2]).toBe('the parameter "book_id" is in the path: leave it out')
    const inBody = await refusal('POST', '/v1/shelves/1/books?book.title=x', { json: {} })
    expect(inBody[2]).toBe('the parameter "book.title" is read from the body: leave it out')
    const none = await refusal('PUT', '/v1/books/1?update_mask=x', { json: {} })
    expect(none[2]).toStartWith('the parameter "update_mask" is not read, because the body has all')
  })
})
