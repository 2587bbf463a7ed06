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

test('a path stands for a field, which the request cannot set', async () => {
  const app = libraryApp(
    {},
    {
      pathFields: {
        ...{ '/v1/books': { query: 'all', update_mask: 'title' }, '/v1/book': { query: 'none' } },
      },
    },
  )
  const { request } = await (await app.request('/v1/books')).json()
  expect(request.query).toBe('all')
  const refused = await app.request('/v1/books?query=some')
  expect(refused.status).toBe(400)
  const { message } = await refused.json()
  expect(message).toBe('the parameter "query" is set by the path: leave it out')
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ book: { title: 'x' }, updateMask: 'pageCount' })
  const put = await app.request('/v1/books/5', { method: 'PUT', headers, body })
  expect((await put.json()).request).toMatchObject({ updateMask: 'title' })
})
