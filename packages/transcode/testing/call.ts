import { expect } from 'bun:test'
import { libraryApp } from './library.ts'

const app = libraryApp()
const origin = 'http://localhost'

/** Calls the library by REST. @param init `json` is sent as the body. */
export async function call(
  method: string,
  path: string,
  init: RequestInit & { json?: unknown } = {},
) {
  const { json, ...rest } = init
  const body = json === undefined ? rest.body : JSON.stringify(json)
  const headers = { ...(json !== undefined && { 'content-type': 'application/json' }) }
  const own = { ...headers, ...(rest.headers as Record<string, string>) }
  const response = await app.fetch(
    new Request(origin + path, { ...rest, method, headers: own, ...(body != null && { body }) }),
  )
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

/** Returns the JSON of a response, which has to be 200. */
export async function get(path: string, headers: Record<string, string> = {}) {
  const response = await call('GET', path, { headers })
  expect([response.status, response.text]).toEqual([200, response.text])
  return response.json()
}

/** Returns status, code and message of a response that is an error. */
export async function refusal(method: string, path: string, init: Parameters<typeof call>[2] = {}) {
  const response = await call(method, path, init)
  const { code, message } = response.json()
  return [response.status, code, message]
}
