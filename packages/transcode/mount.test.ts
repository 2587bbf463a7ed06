import { expect, test } from 'bun:test'
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect'
import { libraryApp } from './testing/library.ts'

test('interceptors and validation see a REST call as a call of the RPC', async () => {
  const seen: string[] = []
  const noting: Interceptor = (next) => async (request) => {
    seen.push(`${request.requestMethod} ${request.method.name}`)
    return await next(request)
  }
  const refusing = libraryApp({
    interceptors: [noting],
    validate: (_, message) =>
      (message as { bookId?: string }).bookId === 'bad'
        ? new ConnectError('bad book', Code.InvalidArgument)
        : undefined,
  })
  expect((await refusing.request('/v1/books/good')).status).toBe(200)
  expect((await refusing.request('/v1/books/bad')).status).toBe(400)
  expect(seen).toEqual(['GET GetBook'])
})

test('a default is used for a field that the request leaves empty', async () => {
  const withDefault = libraryApp(
    {},
    { defaults: { '/v1/books': { query: 'all' }, '/v1/book': { query: 'none' } } },
  )
  const query = async (path: string) =>
    (await (await withDefault.request(path)).json()).request.query
  expect(await query('/v1/books')).toBe('all')
  expect(await query('/v1/books?query=some')).toBe('some')
})
