import { createHttp2Context } from '@marquee/grpc-transport/connection'
import { createSessionPool, streamBounds } from '@marquee/grpc-transport/pool/session-pool'
import type { ClientStream, StreamOwner } from '@marquee/http/http2/client/port'
import { encodeEnvelope } from '../packages/connect-hono/wire/envelope.ts'

/** RPC that the viewers call. */
export interface Viewed {
  readonly path: string
  /** Returns the request of a viewer of this id, in binary. */
  encode(id: string): Uint8Array
}

/** Viewers who watch by gRPC, over HTTP/2 connections of 256 streams. Disposing closes them. */
export interface Viewers extends Disposable {
  /** Number of viewers that received a message, and of those whose stream ended. */
  readonly seenCount: number
  readonly lostCount: number
  /** Called with the id for every further message that a viewer receives. */
  onChange: (id: string) => void
}

/** @param ids Id of what each viewer watches. */
export function startViewers(origin: string, ids: readonly string[], viewed: Viewed): Viewers {
  const pool = createSessionPool(origin, { context: createHttp2Context() }, streamBounds)
  const { host } = new URL(origin)
  const head = [
    ...[':method', 'POST', ':scheme', 'http', ':authority', host, ':path', viewed.path],
    ...['content-type', 'application/grpc', 'te', 'trailers'],
  ]
  const viewers = {
    seenCount: 0,
    lostCount: 0,
    onChange: (_id: string) => {},
    [Symbol.dispose]: () => pool.close(),
  }
  for (const id of ids) pool.open(head, createViewer(id, viewed.encode(id), viewers))
  return viewers
}

interface Tally {
  seenCount: number
  lostCount: number
  onChange: (id: string) => void
}

function createViewer(id: string, request: Uint8Array, tally: Tally): StreamOwner {
  let stream: ClientStream | undefined
  let last: Uint8Array | undefined
  const lose = () => void tally.lostCount++
  return {
    onOpen(opened) {
      stream = opened
      opened.end(encodeEnvelope(0, request))
    },
    onHead() {},
    onBytes() {
      // A small message comes in one piece.
      for (let bytes = stream?.take(); bytes !== undefined; bytes = stream?.take()) {
        if (last === undefined) tally.seenCount++
        // A quiet stream repeats its last message.
        else if (Buffer.compare(last, bytes) !== 0) tally.onChange(id)
        last = bytes
      }
    },
    onEnd: lose,
    onFailure: lose,
  }
}
