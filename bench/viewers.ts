import { create, toBinary } from '@bufbuild/protobuf'
import { createHttp2Context } from '@marquee/grpc-transport/connection'
import { createSessionPool, streamBounds } from '@marquee/grpc-transport/pool/session-pool'
import type { ClientStream, StreamOwner } from '@marquee/http/http2/client/port'
import { MovieService, WatchMovieDetailsRequestSchema } from '../gen/movie/v1/movie_pb.ts'
import { encodeEnvelope } from '../packages/connect-hono/wire/envelope.ts'

/** Viewers who watch movies over HTTP/2 connections of 256 streams. Disposing closes them. */
export interface Viewers extends Disposable {
  /** Number of viewers that received a message, and of those whose stream ended. */
  readonly seenCount: number
  readonly lostCount: number
  /** Called with the movie's id for every further message that a viewer receives. */
  onChange: (movieId: string) => void
}

/** @param movieIds Movie of each viewer. */
export function startViewers(origin: string, movieIds: readonly string[]): Viewers {
  const pool = createSessionPool(origin, { context: createHttp2Context() }, streamBounds)
  const { host } = new URL(origin)
  const path = `/${MovieService.typeName}/${MovieService.method.watchMovieDetails.name}`
  const head = [
    ...[':method', 'POST', ':scheme', 'http', ':authority', host, ':path', path],
    ...['content-type', 'application/grpc', 'te', 'trailers'],
  ]
  const viewers = {
    seenCount: 0,
    lostCount: 0,
    onChange: (_movieId: string) => {},
    [Symbol.dispose]: () => pool.close(),
  }
  for (const movieId of movieIds) pool.open(head, createViewer(movieId, viewers))
  return viewers
}

interface Tally {
  seenCount: number
  lostCount: number
  onChange: (movieId: string) => void
}

function createViewer(movieId: string, tally: Tally): StreamOwner {
  const request = create(WatchMovieDetailsRequestSchema, { movieId })
  let stream: ClientStream | undefined
  let last: Uint8Array | undefined
  const lose = () => void tally.lostCount++
  return {
    onOpen(opened) {
      stream = opened
      opened.end(encodeEnvelope(0, toBinary(WatchMovieDetailsRequestSchema, request)))
    },
    onHead() {},
    onBytes() {
      // A small message comes in one piece.
      for (let bytes = stream?.take(); bytes !== undefined; bytes = stream?.take()) {
        if (last === undefined) tally.seenCount++
        // A quiet stream repeats its last message.
        else if (Buffer.compare(last, bytes) !== 0) tally.onChange(movieId)
        last = bytes
      }
    },
    onEnd: lose,
    onFailure: lose,
  }
}
