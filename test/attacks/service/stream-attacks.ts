import { errorCode, frameType } from '@marquee/http/http2/frames/wire'
import { settingId, settingsPayload } from '../../../packages/http/http2/frames/settings.ts'
import { uint32 } from '../../../packages/http/http2/testing/frames-peer.ts'
import { pause } from '../flood.ts'
import type { Attack, Endpoint, Target } from './attack.ts'
import { collect, envelope, field, grpcHeaders, integer, send } from './grpc.ts'

const listMovies = '/movie.v1.MovieService/ListMovies'
const watchMovie = '/movie.v1.MovieService/WatchMovieDetails'
const watchRatings = '/rating.v1.RatingService/WatchAggregatedRatings'
const importRatings = '/rating.v1.RatingService/ImportRatings'
const forwarded = `/services/rating${watchRatings}`

const watchOfMovie = envelope(field(1, 'the-matrix-1999'))
const record = (id: string) => field(1, Buffer.concat([field(1, id), field(2, 'movie')]))
const watchOfRecord = envelope(record('the-matrix-1999'))

/** Attacks by many streams, and on what clients share. */
export const streamAttacks: readonly Attack[] = [
  {
    name: '64 connections with 256 lists of movies each, and windows of zero',
    run: (target) =>
      hold(target, target.movie, {
        connections: 64,
        streams: 256,
        path: listMovies,
        body: envelope(integer(4, 100)),
        settings: settingsPayload([[settingId.initialWindowSize, 0]]),
      }),
  },
  {
    name: '500 watches of 500 long names each',
    run: (target) => {
      const names = Array.from({ length: 500 }, (_, index) => record(`${index}`.padEnd(128, 'x')))
      return hold(target, target.rating, {
        connections: 2,
        streams: 250,
        path: watchRatings,
        body: envelope(Buffer.concat(names)),
      })
    },
  },
  {
    name: '1,100 watches of one movie',
    run: (target) =>
      hold(target, target.movie, {
        connections: 5,
        streams: 220,
        path: watchMovie,
        body: watchOfMovie,
      }),
  },
  {
    name: '1,100 watches through the gateway',
    run: (target) =>
      hold(target, target.movie, {
        connections: 5,
        streams: 220,
        path: forwarded,
        body: watchOfRecord,
      }),
  },
  { name: '200 imports of a byte every half second', run: dribbleImports },
  { name: 'watches through the gateway that are cancelled at once', run: cancelWatches },
]

interface Held {
  readonly connections: number
  readonly streams: number
  readonly path: string
  readonly body: Uint8Array
  readonly settings?: Uint8Array
}

/** Opens streams, and leaves them open until the attack ends. */
async function hold(
  target: Target,
  endpoint: Endpoint,
  { connections, streams, path, body, settings }: Held,
): Promise<void> {
  const streamIds = Array.from({ length: streams }, (_, index) => 1 + 2 * index)
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const peer = await endpoint.peer(settings)
      for (const streamId of streamIds) {
        send(peer, { streamId, headers: grpcHeaders(path), body })
        // Slower than the socket, so that the service can respond in between.
        if (streamId % 32 === 31) await pause(5)
      }
      await collect(peer, streamIds, target)
    }),
  )
}

async function dribbleImports(target: Target): Promise<void> {
  const peer = await target.rating.peer()
  const streamIds = Array.from({ length: 200 }, (_, index) => 1 + 2 * index)
  const body = envelope(Buffer.alloc(0), { length: 100 })
  for (const streamId of streamIds) {
    send(peer, { streamId, headers: grpcHeaders(importRatings), body, isOpen: true })
  }
  while (!target.signal.aborted && !peer.closed) {
    for (const streamId of streamIds) peer.data(streamId, 'x')
    await pause(500)
  }
  await collect(peer, streamIds, target)
}

async function cancelWatches(target: Target): Promise<void> {
  while (!target.signal.aborted) {
    const peer = await target.movie.peer()
    for (let streamId = 1; streamId < 400 && !peer.closed; streamId += 2) {
      send(peer, { streamId, headers: grpcHeaders(forwarded), body: watchOfRecord })
    }
    await pause(30)
    for (let streamId = 1; streamId < 400; streamId += 2) {
      peer.send(frameType.resetStream, 0, streamId, uint32(errorCode.cancel))
      target.saw('cancelled')
    }
    await pause(5)
    peer.socket.destroy()
  }
}
