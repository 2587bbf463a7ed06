import { fromBinary } from '@bufbuild/protobuf'
import type { Page, Request } from 'playwright-core'
import { type ListMoviesRequest, ListMoviesRequestSchema } from '../../gen/movie/v1/movie_pb.ts'

/** The address of the calls by which the page reads the list. */
export const listCalls = /\/movie\.v1\.MovieService\/ListMovies\?/

/** What a call for the list asks, as Connect's GET carries it. */
export function readListRequest(request: Request): ListMoviesRequest {
  const message = new URL(request.url()).searchParams.get('message') ?? ''
  return fromBinary(ListMoviesRequestSchema, Buffer.from(message, 'base64url'))
}

/** The calls for the list that a page makes from now on, each as it is made. */
export function collectListRequests(page: Page): readonly ListMoviesRequest[] {
  const requests: ListMoviesRequest[] = []
  page.on('request', (request) => {
    if (listCalls.test(request.url())) requests.push(readListRequest(request))
  })
  return requests
}
