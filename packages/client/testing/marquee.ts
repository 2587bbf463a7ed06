import type { ServiceImpl } from '@connectrpc/connect'
import { mountConnect } from '@marquee/connect-hono/mount'
import type { RpcRouter } from '@marquee/connect-hono/router'
import { Hono } from 'hono'
import { LibraryService } from '../../../gen/library/v1/library_pb.ts'
import { createMarquee } from '../client.ts'
import { MovieService } from '../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../gen/rating/v1/rating_pb.ts'
import type { ClientOptions } from '../options.ts'
import { createTestClock } from './clock.ts'

/** Handlers of a server in this process. */
export interface Handlers {
  readonly movies?: Partial<ServiceImpl<typeof MovieService>>
  readonly ratings?: Partial<ServiceImpl<typeof RatingService>>
  /** A service of tests that has a method which is not idempotent. */
  readonly library?: Partial<ServiceImpl<typeof LibraryService>>
}

/** A client of a server in this process, by its app, with the requests that it sends. */
export function openMarquee(handlers: Handlers, options: Partial<ClientOptions> = {}) {
  const app = new Hono()
  const routes = (router: RpcRouter) => {
    router.service(MovieService, handlers.movies ?? {})
    router.service(RatingService, handlers.ratings ?? {})
    router.service(LibraryService, handlers.library ?? {})
  }
  // A handler that fails on purpose is not worth a log line.
  mountConnect(app, routes, { onCallEnd: () => {} })
  const requests: Request[] = []
  const callApp = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init)
    requests.push(request)
    const response = await app.fetch(request)
    // As a server cancels a body when its client disconnects.
    const { signal } = request
    return new Response(response.body?.pipeThrough(new TransformStream(), { signal }), response)
  }
  const clock = createTestClock(5_000)
  const all: ClientOptions = {
    baseUrl: 'http://marquee.test/',
    fetch: callApp as typeof fetch,
    clock,
    random: () => 0,
    ...options,
  }
  return { marquee: createMarquee(all), options: all, requests, clock }
}
