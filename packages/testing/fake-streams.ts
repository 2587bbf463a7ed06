import type { HeaderList } from '@marquee/http/exchange'
import type { ClientStream, StreamOwner } from '@marquee/http/http2/client/port'
import type { Streams } from '../grpc-transport/options.ts'

/** A stream without a connection. The test is its server. */
export interface FakeStream extends ClientStream {
  readonly head: HeaderList
  /** Bytes sent so far. */
  readonly sent: Buffer
  readonly isSent: boolean
  readonly isCancelled: boolean
  respond(status: number, headers: HeaderList): void
  data(bytes: Uint8Array): void
  finish(trailers: HeaderList): void
  /** Responds with headers only, which end the stream. */
  respondOnly(status: number, headers: HeaderList): void
  fail(cause: Error): void
}

/** Opens streams to which `serve` responds. */
export interface FakeStreams extends Streams {
  readonly opened: readonly FakeStream[]
  /** Owners that wait for a stream while `hasRoom` is false. */
  readonly waiting: ReadonlySet<StreamOwner>
}

export function fakeStreams(serve: (stream: FakeStream) => void, hasRoom = true): FakeStreams {
  const opened: FakeStream[] = []
  const waiting = new Set<StreamOwner>()
  return {
    origin: 'http://fake',
    opened,
    waiting,
    open(head, owner) {
      if (!hasRoom) {
        waiting.add(owner)
        return
      }
      const stream = fakeStream(head, owner)
      opened.push(stream)
      owner.onOpen(stream)
      setImmediate(() => serve(stream))
    },
    abandon: (owner) => waiting.delete(owner),
  }
}

function fakeStream(head: HeaderList, owner: StreamOwner): FakeStream {
  const sent: Uint8Array[] = []
  const chunks: Uint8Array[] = []
  const state = {
    head,
    status: 0,
    headers: [] as HeaderList,
    trailers: [] as HeaderList,
    isComplete: false,
    isSent: false,
    isCancelled: false,
  }
  const isOver = () => state.isComplete || state.isCancelled
  const stream = Object.assign(state, {
    take: () => chunks.shift(),
    write(bytes: Uint8Array) {
      sent.push(bytes)
      return true
    },
    drained: () => Promise.resolve(),
    end(bytes?: Uint8Array) {
      if (bytes) sent.push(bytes)
      state.isSent = true
    },
    cancel() {
      if (!isOver() || !state.isSent) state.isCancelled = true
    },
    respond(status: number, headers: HeaderList) {
      if (isOver()) return
      Object.assign(state, { status, headers })
      owner.onHead()
    },
    data(bytes: Uint8Array) {
      if (isOver()) return
      chunks.push(bytes)
      owner.onBytes()
    },
    finish(trailers: HeaderList) {
      if (isOver()) return
      Object.assign(state, { trailers, isComplete: true })
      owner.onEnd()
    },
    respondOnly(status: number, headers: HeaderList) {
      if (isOver()) return
      Object.assign(state, { status, headers, isComplete: true })
      owner.onHead()
      if (!state.isCancelled) owner.onEnd()
    },
    fail(cause: Error) {
      if (!isOver()) owner.onFailure(cause)
    },
  })
  return Object.defineProperty(stream, 'sent', {
    get: () => Buffer.concat(sent),
  }) as typeof stream & { sent: Buffer }
}
