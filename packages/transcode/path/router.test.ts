import { expect, test } from 'bun:test'
import { createRouter } from './router.ts'
import { parseTemplate } from './template.ts'

test.each([
  ['GET', '/v1/movies', 'GET /v1/movies', []],
  ['GET', '/v1/movies/1', 'GET /v1/movies/{id}', ['1']],
  ['HEAD', '/v1/movies/1', 'GET /v1/movies/{id}', ['1']],
  ['GET', '/v1/movies/featured', 'GET /v1/movies/featured', []],
  ['PUT', '/v1/movies/featured', 'PUT /v1/movies/{id}', ['featured']],
  ['GET', '/v1/m%6Fvies/1', 'GET /v1/movies/{id}', ['1']],
  ['GET', '/v1/movies/a%2Fb%20c%C3%A9', 'GET /v1/movies/{id}', ['a/b cé']],
  ['GET', '/v1/movies/tt:1', 'GET /v1/movies/{id}', ['tt:1']],
  ['GET', '/v1/movies/tt:', 'GET /v1/movies/{id}', ['tt:']],
  ['GET', '/v1/movies/1:watch', 'GET /v1/movies/{id}:watch', ['1']],
  ['GET', '/v1/movies/a:b:watch', 'GET /v1/movies/{id}:watch', ['a:b']],
  ['GET', '/v1/movies/1%3Awatch', 'GET /v1/movies/{id}', ['1:watch']],
  ['POST', '/v1/movies:import', 'POST /v1/movies:import', []],
  ['GET', '/v1/movies/1/ratings/u', 'GET /v1/movies/{id}/ratings/{user}', ['1', 'u']],
  ['GET', '/v1/movies/featured/ratings/u', 'GET /v1/movies/{id}/ratings/{user}', ['featured', 'u']],
  ['GET', '/v1/files', 'GET /v1/files/{path=**}', ['']],
  ['GET', '/v1/files/a/b%2fc%20d/', 'GET /v1/files/{path=**}', ['a/b%2fc d/']],
  ['GET', '/v1/shelves/1/books/2', 'GET /v1/{name=shelves/*/books/*}', ['shelves/1/books/2']],
  ['LINK', '/v1/any', '* /v1/any', []],
])('%s %s matches the most specific route', (method, path, route, values) => {
  const found = router().find(method, path)
  expect(`${found?.route.method} ${found?.route.template.text}`).toBe(route)
  expect(found?.values()).toEqual(values)
})

test.each([
  ['GET', '/v1/movies/'],
  ['GET', '/v1/movies//ratings/u'],
  ['GET', '/v2/movies'],
  ['GET', '/'],
  ['PATCH', '/v1/movies/1'],
  ['GET', '/v1/movies:import'],
  ['GET', '/v1/movies:'],
  ['PUT', '/v1/movies/1:watch'],
])('%s %s matches no route', (method, path) => {
  expect(router().find(method, path)).toBeUndefined()
})

test('the methods of a path are those of all its routes', () => {
  expect(router().methodsOf('/v1/movies/featured')).toEqual(['GET', 'HEAD', 'PUT'])
  expect(router().methodsOf('/v1/movies:import')).toEqual(['POST'])
  expect(router().methodsOf('/v2')).toEqual([])
})

test.each(['/v1/movies/%', '/v1/movies/%ff', '/v1/files/a%2Fb/%ff'])(
  'the malformed path %s is refused',
  (path) => {
    expect(() => router().find('GET', path)?.values()).toThrow('not percent-encoded UTF-8')
  },
)

test('two routes that match the same requests are refused', () => {
  const routes = router()
  const add = () => routes.add(routeOf('GET /v1/movies/{other}'))
  const has = (method: string) => routes.has(method, parseTemplate('/v1/movies/{other}'))
  expect([has('GET'), has('DELETE')]).toEqual([true, false])
  expect(add).toThrow('GET /v1/movies/{id} and GET /v1/movies/{other} match the same requests')
})

const templates = [
  'GET /v1/movies',
  'GET /v1/movies/{id}',
  'PUT /v1/movies/{id}',
  'GET /v1/movies/featured',
  'GET /v1/movies/{id}:watch',
  'POST /v1/movies:import',
  'GET /v1/movies/{id}/ratings/{user}',
  'GET /v1/files/{path=**}',
  'GET /v1/{name=shelves/*/books/*}',
  '* /v1/any',
]

function router() {
  const router = createRouter<string>()
  for (const text of templates) router.add(routeOf(text))
  return router
}

function routeOf(text: string) {
  const [method = '', path = ''] = text.split(' ')
  return { method, template: parseTemplate(path), target: text }
}
