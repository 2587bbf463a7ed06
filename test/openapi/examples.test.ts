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
  'the examples in the document of %s succeed',
  async (name) => {
    const url = services.urls[name]
    const { paths }: OpenApi = await (await fetch(`${url}/openapi.json`)).json()
    const operations = Object.entries<OpenApi>(paths).flatMap(([path, item]) =>
      Object.entries<OpenApi>(item).map(([method, operation]) => ({ path, method, operation })),
    )
    operations.sort((one, other) => order.indexOf(one.method) - order.indexOf(other.method))
    for (const { path, method, operation } of operations) {
      const { operationId } = operation
      const status = await statusOf(url + pathOf(path, operation), method, operation)
      expect([operationId, status]).toEqual([operationId, absent.has(operationId) ? 404 : 200])
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

/** Sends the example of the body, and leaves when the response begins: streams do not end. */
async function statusOf(url: string, method: string, { requestBody }: OpenApi): Promise<number> {
  const leave = new AbortController()
  const [type, content] = Object.entries<OpenApi>(requestBody?.content ?? {})[0] ?? []
  const example = content?.example
  const response = await fetch(url, {
    method: method.toUpperCase(),
    signal: AbortSignal.any([leave.signal, AbortSignal.timeout(responseTimeoutMs)]),
    ...(type !== undefined && {
      headers: { 'content-type': type },
      body: typeof example === 'string' ? example : JSON.stringify(example),
    }),
  })
  leave.abort()
  return response.status
}
