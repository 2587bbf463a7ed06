import type { Socket } from 'node:net'
import type { Fields } from '../../exchange.ts'
import { type Allowance, TokenBucket } from '../../token-bucket.ts'
import { type Deadline, Http2Connection } from '../core/connection.ts'
import type { Hub } from '../core/context.ts'
import { errorName } from '../frames/errors.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { clientPreface, errorCode, int31Max } from '../frames/wire.ts'
import { type Http2Limits, http2Limits } from '../limits.ts'
import { areTrailers } from '../server/request-head.ts'
import { type ClientStream, HeadTooLongError, NotSentError, type StreamOwner } from './port.ts'
import { ClientRequest } from './request.ts'
import { readAnswerHead } from './response-head.ts'

/** Streams at once on a connection, if the peer does not want fewer. */
export const streamsMax = 256
/** How long a connection with open streams may be silent until it is pinged, in milliseconds. */
export const pingIntervalMs = 10_000
/** How long a ping may take before the connection is taken for lost, in milliseconds. */
export const pingTimeoutMs = 5_000

/**
 * How many streams a connection gives up before their answers have begun. It is less than what servers of ours allow
 * (`Http2Limits.resets`), so that they never end the connection, and the streams of all others on it, for too many.
 */
export const cancelsAllowed: Allowance = { burst: 1_500, perSecond: 150 }
/** A connection on which no more are left than it may have streams opens none, until there are twice as many. */
const cancelsKept = streamsMax

/**
 * The bounds at a client. Servers are known, and what they do not read is theirs to tell: a ping finds those that are
 * gone. A reader that rests holds no other back, because the connection's window is that of all streams together. Headers
 * that are longer than `headerListBytesMax` end their stream alone: they are read to their end, for the decoder's
 * sake, up to a length that no server sends by mistake.
 */
export const clientLimits: Http2Limits = {
  ...http2Limits,
  connectionWindowBytes: streamsMax * http2Limits.streamWindowBytes,
  headerBlockBytesMax: 1024 * 1024,
  continuationsMax: 64,
  stalledTimeoutMs: Number.POSITIVE_INFINITY,
  ageMaxMs: Number.POSITIVE_INFINITY,
  idleTimeoutMs: 300_000,
}

/** What a connection tells those who use it. */
export interface ClientEvents {
  /** The peer's settings have come: it is known how many streams it allows. */
  onReady(): void
  /** There may be room for a stream again. */
  onRoom(): void
  /** No stream is opened any more; those that are open may go on. */
  onLeaving(): void
  /** The connection has ended. */
  onEnd(cause: Error): void
}

const pingPayload = Buffer.from('keepaliv')

/** An HTTP/2 connection that this side has opened, with requests of its own on it. */
export class ClientConnection extends Http2Connection<ClientRequest> {
  /** The peer opens none: it is told not to push (RFC 9113 §8.4). */
  protected readonly lastPeerStreamId = 0
  readonly #events: ClientEvents
  #nextStreamId = 1
  #isReady = false
  #isLeaving = false
  /** Since when the connection has open streams, when the peer was last heard, and when it was pinged. */
  #busySinceMs = 0
  #heardAtMs = 0
  #pingedAtMs: number | undefined
  #news: ClientRequest[] = []
  readonly #cancels: TokenBucket
  /** From when on streams are opened again, after too many were given up. */
  #restsUntilMs: number | undefined

  /** @param hub of connections with `clientLimits`. */
  constructor(hub: Hub, socket: Socket, events: ClientEvents) {
    super(hub, socket, hub.memory.open(''))
    this.#events = events
    this.#cancels = new TokenBucket(cancelsAllowed, this.nowMs)
    const { headerTableBytes, streamWindowBytes, headerListBytesMax } = this.limits
    socket.write(clientPreface)
    this.open(
      settingsPayload([
        [settingId.headerTableSize, headerTableBytes],
        [settingId.enablePush, 0],
        [settingId.initialWindowSize, streamWindowBytes],
        [settingId.maxHeaderListSize, headerListBytesMax],
      ]),
    )
    this.lookIn(this.limits.idleTimeoutMs)
  }

  /** Whether a stream can be opened. */
  get hasRoom(): boolean {
    const allowed = Math.min(this.peer.concurrentStreamsMax, streamsMax)
    const isOpening = this.#isReady && !this.#isLeaving && !this.closed && !this.isResting
    return isOpening && this.streams.size < allowed
  }

  /** Whether no stream is opened for a while, because too many were given up. */
  get isResting(): boolean {
    return this.#restsUntilMs !== undefined
  }

  /** A stream is given up before its answer has begun. */
  noteCancel(): void {
    const nowMs = this.tick()
    this.#cancels.spend(1, nowMs)
    if (this.isResting || this.#cancels.has(cancelsKept, nowMs)) return
    this.#rest()
  }

  /** Opens a stream and tells its owner. There has to be room. */
  request(head: Fields, owner: StreamOwner): ClientStream {
    this.nowMs = this.hub.now()
    const stream = new ClientRequest(this, this.#nextStreamId, owner)
    if (!stream.start(head)) {
      const bytesMax = this.peer.headerListBytesMax
      stream.fail(new HeadTooLongError(`the request has headers of more than ${bytesMax} bytes`))
      return stream
    }
    this.#nextStreamId += 2
    this.streams.add(stream)
    if (this.streams.size === 1) {
      this.#busySinceMs = this.nowMs
      this.lookIn(pingIntervalMs)
    }
    owner.onOpen(stream)
    if (this.#nextStreamId > int31Max) this.leave()
    return stream
  }

  /** Opens no further stream, and ends the connection with the last one. */
  leave(): void {
    if (this.#isLeaving) return
    this.#openNoMore()
    this.#endWhenDone()
  }

  /** The request has news, which its owner is told when the chunk was looked at whole. */
  tellSoon(request: ClientRequest): void {
    this.#news.push(request)
  }

  isIdle(streamId: number): boolean {
    return streamId >= this.#nextStreamId || streamId % 2 === 0
  }

  onFields(streamId: number, list: Fields, overflow: boolean, endStream: boolean): void {
    const stream = this.streams.get(streamId)
    if (stream === undefined) this.streams.onStray(streamId, errorCode.streamClosed)
    else if (stream.remoteEnded) {
      this.streams.refuse(streamId, errorCode.streamClosed, 'HEADERS behind END_STREAM')
    } else if (overflow) this.#refuseHeaders(stream)
    else if (stream.status === 0) this.#onHead(stream, list, endStream)
    else this.#onTrailers(stream, list, endStream)
  }

  override onSettings(bytes: Uint8Array, start: number, end: number): void {
    super.onSettings(bytes, start, end)
    const wasReady = this.#isReady
    this.#isReady = true
    if (wasReady) this.#events.onRoom()
    else this.#events.onReady()
  }

  /** Streams behind the last that the peer names were not looked at (RFC 9113 §6.8). */
  onGoaway(lastStreamId: number, code: number, message: string): void {
    this.#openNoMore()
    const cause = new Error(`the peer goes away: ${errorName(code)} ${message}`.trimEnd())
    for (const stream of this.streams.behind(lastStreamId)) {
      this.streams.remove(stream)
      stream.fail(new NotSentError(cause.message, { cause }))
    }
    this.#endWhenDone()
  }

  onPong(): void {
    this.#pingedAtMs = undefined
  }

  override onStreamClosed(stream: ClientRequest): void {
    super.onStreamClosed(stream)
    if (this.#isLeaving) this.#endWhenDone()
    else this.#events.onRoom()
  }

  protected onChunkEnd(): void {
    this.#heardAtMs = this.nowMs
    const news = this.#news
    if (news.length === 0) return
    this.#news = []
    for (const request of news) request.tell()
  }

  protected onClosed(cause: Error): void {
    this.#openNoMore()
    this.#events.onEnd(cause)
  }

  protected deadlines(): Deadline[] {
    const due = this.#livenessDeadlines()
    if (this.#restsUntilMs !== undefined) due.push([this.#restsUntilMs, () => this.#endRest()])
    return due
  }

  #rest(): void {
    const restMs = (cancelsKept / cancelsAllowed.perSecond) * 1000
    this.#restsUntilMs = this.nowMs + restMs
    this.lookIn(restMs)
  }

  #endRest(): void {
    this.#restsUntilMs = undefined
    if (!this.#cancels.has(cancelsKept, this.nowMs)) this.#rest()
    else if (!this.#isLeaving) this.#events.onRoom()
  }

  #livenessDeadlines(): Deadline[] {
    if (this.streams.size === 0) {
      this.#pingedAtMs = undefined
      return [[this.idleSinceMs + this.limits.idleTimeoutMs, () => this.leave()]]
    }
    if (this.#pingedAtMs !== undefined) {
      const lost = new Error(`a ping was not answered within ${pingTimeoutMs} ms`)
      return [[this.#pingedAtMs + pingTimeoutMs, () => this.destroy(lost)]]
    }
    const silentSinceMs = Math.max(this.#heardAtMs, this.#busySinceMs)
    return [[silentSinceMs + pingIntervalMs, () => this.#ping()]]
  }

  #ping(): void {
    this.#pingedAtMs = this.nowMs
    this.transmitter.writer.ping(pingPayload, false)
    this.lookIn(pingTimeoutMs)
  }

  #onHead(stream: ClientRequest, list: Fields, endStream: boolean): void {
    const head = readAnswerHead(list)
    const isInterim = head !== undefined && head.status < 200
    if (head === undefined || (isInterim && endStream) || (endStream && head.contentLength > 0)) {
      this.streams.refuse(stream.id, errorCode.protocolError, 'a malformed answer')
      return
    }
    if (isInterim) {
      if (head.status === 100) stream.receiveContinue()
      return
    }
    stream.receiveHead(head)
    if (endStream) this.streams.endRemote(stream, [])
  }

  #onTrailers(stream: ClientRequest, list: Fields, endStream: boolean): void {
    const { contentLength, receivedBytes } = stream
    const isShort = contentLength >= 0 && receivedBytes !== contentLength
    if (!endStream || isShort || !areTrailers(list)) {
      this.streams.refuse(stream.id, errorCode.protocolError, 'malformed trailers')
      return
    }
    this.streams.endRemote(stream, list)
  }

  /** Costs the peer nothing: what it may send is not for one stream among many to spend. */
  #refuseHeaders(stream: ClientRequest): void {
    const message = 'the headers or trailers of the response are too long'
    this.streams.reset(stream, errorCode.enhanceYourCalm, message)
  }

  #openNoMore(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#events.onLeaving()
  }

  #endWhenDone(): void {
    if (this.streams.size === 0) this.fail(errorCode.noError, 'no stream is left')
  }
}
