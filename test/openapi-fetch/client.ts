import createClient from 'openapi-fetch'
import type { RestCalls } from './calls.ts'
// Made from the OpenAPI document by the test, which also compiles this file.
import type { paths } from './paths.ts'

/** Creates a client whose requests and responses have the types of an OpenAPI document. */
export function createRestCalls(baseUrl: string): RestCalls {
  const client = createClient<paths>({ baseUrl })
  return {
    getAggregatedRating: (recordId, options) =>
      client.GET('/v1/movies/{record_id}/rating', {
        ...options,
        params: { path: { record_id: recordId } },
      }),
    putRating: ({ recordId, userId, value }, options) =>
      client.PUT('/v1/movies/{record_id}/ratings/{user_id}', {
        ...options,
        params: { path: { record_id: recordId, user_id: userId } },
        body: { value },
      }),
    watchAggregatedRatings: (recordId, options) =>
      client.POST('/v1/aggregatedRatings:watch', {
        ...options,
        body: { records: [{ recordId, recordType: 'movie' }] },
        parseAs: 'stream',
      }),
    importRatings: (lines, options) =>
      client.POST('/v1/ratings:import', {
        ...options,
        headers: { ...options.headers, 'content-type': 'application/x-ndjson' },
        body: lines,
        bodySerializer: (text) => text,
      }),
  }
}
