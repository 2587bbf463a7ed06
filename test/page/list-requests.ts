import { fromBinary } from '@bufbuild/protobuf'
import type { Page, Request } from 'playwright-core'
import { type ListMoviesRequest, ListMoviesRequestSchema } from '../../gen/movie/v1/movie_pb.ts'

/** URL of the calls that load the list. */
export const listCalls = /\/movie\.v1\.MovieService\/ListMovies\?/

/** The request message of a call for the list, which Connect's GET has in the query. */
export function readListRequest(request: Request): ListMoviesRequest {
  const message = new URL(request.url()).searchParams.get('message') ?? ''
  return fromBinary(ListMoviesRequestSchema, Buffer.from(message, 'base64url'))
}

/** Collects the list requests of a page from now on. */
export function collectListRequests(page: Page): readonly ListMoviesRequest[] {
  const requests: ListMoviesRequest[] = []
  page.on('request', (request) => {
    if (listCalls.test(request.url())) requests.push(readListRequest(request))
  })
  return requests
}
