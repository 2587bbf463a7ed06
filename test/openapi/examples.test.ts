import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Services, startServices } from '../page/services.ts'
import type { OpenApi } from './documents.ts'

/** Time in which a response has to begin on a busy machine, in milliseconds. */
const responseTimeoutMs = 20_000

/** Operations whose examples name what a new service does not have. */
const absent = new Set(['DeadLetterService_GetDeadLetter'])

let services: Services
beforeAll(async () => {
  services = await startServices()
}, 60_000)
afterAll(() => services[Symbol.asyncDispose]())

/** Later operations read what earlier ones have written. */
const order = ['put', 'post', 'patch', 'get', 'delete']

test.each(['metadata', 'rating', 'movie'] as const)(
  'the examples in the document of %s succeed, with an ETag where it says so',
  async (name) => {
    const url = services.urls[name]
    const { paths }: OpenApi = await (await fetch(`${url}/openapi.json`)).json()
    const operations = Object.entries<OpenApi>(paths).flatMap(([path, item]) =>
      Object.entries<OpenApi>(item).map(([method, operation]) => ({ path, method, operation })),
    )
    operations.sort((one, other) => order.indexOf(one.method) - order.indexOf(other.method))
    for (const { path, method, operation } of operations) {
      const { operationId } = operation
      const target = url + pathOf(path, operation)
      const { status, headers } = await responseTo(target, method, operation)
      const isAbsent = absent.has(operationId)
      const found = { operationId, status, hasEtag: headers.has('etag') }
      const hasEtag = describesEtag(operation, 200)
      expect(found).toEqual({ operationId, status: isAbsent ? 404 : 200, hasEtag })
      if (method !== 'get' || isAbsent) continue
      const again = await responseTo(target, method, operation, { 'if-none-match': '*' })
      const expected = describesEtag(operation, 304) ? 304 : 200
      expect({ operationId, again: again.status }).toEqual({ operationId, again: expected })
    }
  },
)

/** Fills in the examples of the parameters. A required one without an example is an error. */
function pathOf(path: string, { operationId, parameters }: OpenApi): string {
  const query = new URLSearchParams()
  let filled = path
  for (const { name, in: place, required, example } of parameters) {
    if (required && example === undefined) throw new Error(`${operationId} lacks ${name}`)
    if (example === undefined) continue
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(`${example}`))
    else for (const value of [example].flat()) query.append(name, `${value}`)
  }
  return `${filled}?${query}`
}

function describesEtag({ responses }: OpenApi, status: number): boolean {
  return responses[status]?.headers?.ETag !== undefined
}

/** Sends the example of the body, and leaves when the response begins: streams do not end. */
async function responseTo(
  url: string,
  method: string,
  { requestBody }: OpenApi,
  conditions: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const leave = new AbortController()
  const [type, content] = Object.entries<OpenApi>(requestBody?.content ?? {})[0] ?? []
  const example = content?.example
  const response = await fetch(url, {
    method: method.toUpperCase(),
    signal: AbortSignal.any([leave.signal, AbortSignal.timeout(responseTimeoutMs)]),
    headers: { ...(type !== undefined && { 'content-type': type }), ...conditions },
    ...(type !== undefined && {
      body: typeof example === 'string' ? example : JSON.stringify(example),
    }),
  })
  leave.abort()
  return response
}
