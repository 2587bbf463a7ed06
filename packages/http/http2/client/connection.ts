import type { Socket } from 'node:net'
import type { HeaderList } from '../../exchange.ts'
import { TokenBucket } from '../../token-bucket.ts'
import { type ConnectionOwner, type Deadline, Http2Connection } from '../core/connection.ts'
import type { Http2Context } from '../core/context.ts'
import type { Http2Stream } from '../core/stream.ts'
import type { StreamLink } from '../core/stream-link.ts'
import { errorName } from '../frames/errors.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { clientPreface, errorCode, int31Max } from '../frames/wire.ts'
import { areTrailers } from '../server/request-head.ts'
import {
  cancelsAllowed,
  cancelsLeftMin,
  pingIntervalMs,
  pingTimeoutMs,
  streamsMax,
} from './limits.ts'
import { type ClientStream, HeadTooLongError, NotSentError, type StreamOwner } from './port.ts'
import { ClientRequest, type RequestSink } from './request.ts'
import { readResponseHead } from './response-head.ts'

/** Events of a connection, for its user. */
export interface ClientEvents {
  /** Reports that the peer's SETTINGS have arrived, so that its limit of streams is known. */
  onReady(): void
  /** Reports that there may be room for a stream again. */
  onRoom(): void
  /** Reports that no further streams will open. Open ones may continue. */
  onLeaving(): void
  /** Reports that the connection has ended. */
  onEnd(cause: Error): void
}

const pingPayload = Buffer.from('keepaliv')

/** An HTTP/2 connection that this side has opened, for requests. */
export class ClientConnection implements ConnectionOwner<ClientRequest>, RequestSink {
  readonly #core: Http2Connection<ClientRequest>
  readonly #events: ClientEvents
  #nextStreamId = 1
  #isReady = false
  #isLeaving = false
  /** Times when the first open stream began, bytes last arrived, and the pending PING was sent. */
  #busySinceMs = 0
  #heardAtMs = 0
  #pingedAtMs: number | undefined
  /** Requests with events, which their owners get after the current chunk. */
  #news: ClientRequest[] = []
  readonly #cancels: TokenBucket
  /** Time when streams may open again, after too many cancels. */
  #restsUntilMs: number | undefined

  /** @param context Shared by connections with `clientLimits`. */
  constructor(context: Http2Context, socket: Socket, events: ClientEvents) {
    this.#events = events
    // A server opens no streams: it is not allowed to push (RFC 9113 §8.4).
    this.#core = new Http2Connection({ context, socket, account: context.memory.open('') }, this)
    this.#cancels = new TokenBucket(cancelsAllowed, this.#core.timer.nowMs)
    const { headerTableBytes, streamWindowBytes, headerListBytesMax } = context.limits
    socket.write(clientPreface)
    this.#core.open(
      settingsPayload([
        [settingId.headerTableSize, headerTableBytes],
        [settingId.enablePush, 0],
        [settingId.initialWindowSize, streamWindowBytes],
        [settingId.maxHeaderListSize, headerListBytesMax],
      ]),
    )
  }

  get link(): StreamLink {
    return this.#core
  }

  /** Number of open streams. */
  get streamCount(): number {
    return this.#core.streams.size
  }

  /** True when nothing can be sent any more. */
  get closed(): boolean {
    return this.#core.closed
  }

  /** True when a stream can be opened. */
  get hasRoom(): boolean {
    const allowed = Math.min(this.#core.transmitter.peer.concurrentStreamsMax, streamsMax)
    const isOpening = this.#isReady && !this.#isLeaving && !this.#core.closed && !this.isResting
    return isOpening && this.#core.streams.size < allowed
  }

  /** True while no stream is opened, because too many were cancelled. */
  get isResting(): boolean {
    return this.#restsUntilMs !== undefined
  }

  onCancel(): void {
    const nowMs = this.#core.timer.tick()
    this.#cancels.spend(1, nowMs)
    if (this.isResting || this.#cancels.has(cancelsLeftMin, nowMs)) return
    this.#rest()
  }

  /** Opens a stream and passes it to its owner. There has to be room. */
  request(headers: HeaderList, owner: StreamOwner): ClientStream {
    const { timer, transmitter, streams } = this.#core
    timer.tick()
    const id = this.#nextStreamId
    const request = new ClientRequest(this, id, owner)
    if (!transmitter.sendHeaders(request.stream, headers, false)) {
      const bytesMax = transmitter.peer.headerListBytesMax
      const message = `the request has headers of more than ${bytesMax} bytes`
      request.stream.fail(new HeadTooLongError(message))
      return request
    }
    streams.lastId = id
    this.#nextStreamId = id + 2
    streams.add(request.stream)
    if (streams.size === 1) {
      this.#busySinceMs = timer.nowMs
      timer.checkIn(pingIntervalMs)
    }
    owner.onOpen(request)
    if (this.#nextStreamId > int31Max) this.leave()
    return request
  }

  /** Destroys the connection. */
  destroy(cause: Error): void {
    this.#core.destroy(cause)
  }

  /** Opens no further streams, and closes the connection after the last one. */
  leave(): void {
    if (this.#isLeaving) return
    this.#openNoMore()
    this.#endWhenDone()
  }

  onRequestSent({ stream }: ClientRequest): void {
    if (stream.remoteEnded) this.#core.streams.remove(stream)
  }

  reportSoon(request: ClientRequest): void {
    this.#news.push(request)
  }

  onHeaders(streamId: number, headers: HeaderList, overflow: boolean, endStream: boolean): void {
    const { streams } = this.#core
    const stream = streams.get(streamId)
    if (stream === undefined) streams.onStray(streamId, errorCode.streamClosed)
    else if (stream.remoteEnded) {
      streams.refuse(streamId, errorCode.streamClosed, 'HEADERS after END_STREAM')
    } else if (overflow) refuseHeaders(stream)
    else if (stream.owner.status === 0) this.#onHead(stream, headers, endStream)
    else this.#onTrailers(stream, headers, endStream)
  }

  onSettings(): void {
    const wasReady = this.#isReady
    this.#isReady = true
    if (wasReady) this.#events.onRoom()
    else this.#events.onReady()
  }

  /** The peer has not processed streams after the last one that it names (RFC 9113 §6.8). */
  onGoaway(lastStreamId: number, code: number, message: string): void {
    this.#openNoMore()
    const cause = new Error(`the peer goes away: ${errorName(code)} ${message}`.trimEnd())
    const { streams } = this.#core
    for (const stream of [...streams.values()].filter(({ id }) => id > lastStreamId)) {
      streams.remove(stream)
      stream.fail(new NotSentError(cause.message, { cause }))
    }
    this.#endWhenDone()
  }

  onPong(): void {
    this.#pingedAtMs = undefined
  }

  onStreamClosed(): void {
    if (this.#isLeaving) this.#endWhenDone()
    else this.#events.onRoom()
  }

  onChunkEnd(): void {
    this.#heardAtMs = this.#core.timer.nowMs
    const news = this.#news
    if (news.length === 0) return
    this.#news = []
    for (const request of news) request.report()
  }

  onClosed(cause: Error): void {
    this.#openNoMore()
    this.#events.onEnd(cause)
  }

  deadlines(): Deadline[] {
    const due = this.#livenessDeadlines()
    if (this.#restsUntilMs !== undefined) due.push([this.#restsUntilMs, () => this.#endRest()])
    return due
  }

  #rest(): void {
    const restMs = (cancelsLeftMin / cancelsAllowed.perSecond) * 1000
    this.#restsUntilMs = this.#core.timer.nowMs + restMs
    this.#core.timer.checkIn(restMs)
  }

  #endRest(): void {
    this.#restsUntilMs = undefined
    if (!this.#cancels.has(cancelsLeftMin, this.#core.timer.nowMs)) this.#rest()
    else if (!this.#isLeaving) this.#events.onRoom()
  }

  #livenessDeadlines(): Deadline[] {
    if (this.#core.streams.size === 0) {
      this.#pingedAtMs = undefined
      return [[this.#core.idleSinceMs + this.#core.limits.idleTimeoutMs, () => this.leave()]]
    }
    if (this.#pingedAtMs !== undefined) {
      const lost = new Error(`a ping got no response within ${pingTimeoutMs} ms`)
      return [[this.#pingedAtMs + pingTimeoutMs, () => this.#core.destroy(lost)]]
    }
    const silentSinceMs = Math.max(this.#heardAtMs, this.#busySinceMs)
    return [[silentSinceMs + pingIntervalMs, () => this.#ping()]]
  }

  #ping(): void {
    this.#pingedAtMs = this.#core.timer.nowMs
    this.#core.transmitter.writer.ping(pingPayload, false)
    this.#core.timer.checkIn(pingTimeoutMs)
  }

  #onHead(stream: Http2Stream<ClientRequest>, headers: HeaderList, endStream: boolean): void {
    const head = readResponseHead(headers)
    const isInterim = head !== undefined && head.status < 200
    if (head === undefined || (isInterim && endStream) || (endStream && head.contentLength > 0)) {
      this.#core.streams.refuse(stream.id, errorCode.protocolError, 'a malformed response')
      return
    }
    if (isInterim) {
      if (head.status === 100) stream.owner.receiveContinue()
      return
    }
    stream.owner.receiveHead(head)
    if (endStream) this.#core.streams.endRemote(stream, [])
  }

  #onTrailers(stream: Http2Stream<ClientRequest>, headers: HeaderList, endStream: boolean): void {
    const { contentLength, receivedBytes } = stream
    const isShort = contentLength >= 0 && receivedBytes !== contentLength
    if (!endStream || isShort || !areTrailers(headers)) {
      this.#core.streams.refuse(stream.id, errorCode.protocolError, 'malformed trailers')
      return
    }
    this.#core.streams.endRemote(stream, headers)
  }

  #openNoMore(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#events.onLeaving()
  }

  #endWhenDone(): void {
    if (this.#core.streams.size === 0) this.#core.fail(errorCode.noError, 'no stream is left')
  }
}

/** Does not spend the peer's budget, which other streams of the connection need. */
function refuseHeaders(stream: Http2Stream): void {
  const message = 'the headers or trailers of the response are too long'
  stream.reset(errorCode.enhanceYourCalm, message)
}
