import createClient from 'openapi-fetch'
import type { paths } from './paths.ts'

/** Calls that the document does not allow: the compiler refuses each, or this file. */
export async function misuse(): Promise<void> {
  const client = createClient<paths>({ baseUrl: 'http://127.0.0.1' })
  const params = { path: { record_id: '1', user_id: 'ann' } }
  // @ts-expect-error: there is no such path
  await client.GET('/v1/film/{record_id}/rating', {})
  // @ts-expect-error: the path has a parameter
  await client.GET('/v1/movies/{record_id}/rating', {})
  // @ts-expect-error: the path has no such method
  await client.PATCH('/v1/movies/{record_id}/ratings/{user_id}', { params })
  // @ts-expect-error: the body has no value
  await client.PUT('/v1/movies/{record_id}/ratings/{user_id}', { params, body: {} })
  // @ts-expect-error: the value is a number
  await client.PUT('/v1/movies/{record_id}/ratings/{user_id}', { params, body: { value: '5' } })
  const { data, response } = await client.GET('/v1/movies/{record_id}/ratings/{user_id}', {
    params: { ...params, header: { 'If-None-Match': '"k3x"' } },
  })
  // @ts-expect-error: a rating has no stars
  response.ok && data?.stars
}
