import type { Socket } from 'node:net'
import type { Respond } from '../../exchange.ts'
import { type MemoryAccount, memoryShares } from '../../memory/account.ts'
import { type Deadline, Http2Connection } from '../core/connection.ts'
import type { Hub } from '../core/context.ts'
import { ConnectionError } from '../frames/errors.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { clientPreface, errorCode, int31Max } from '../frames/wire.ts'
import { ServerExchange } from './exchange.ts'
import { areTrailers, type RequestHead, readRequestHead } from './request-head.ts'
import { UnfinishedExchanges } from './unfinished.ts'

/** What a connection is told of its server. */
export interface ServerContext {
  readonly hub: Hub
  readonly respond: Respond
  /** Whether a peer at this address may send as many resets and idle frames as it likes. Default: none. */
  readonly trusts?: ((address: string) => boolean) | undefined
  onClosed(connection: ServerConnection): void
}

/** How far the end is (RFC 9113 §6.8): told, and with the last stream named. */
type Draining = 'no' | 'told' | 'last'

/** What a stream is charged while it is open, with what its handler makes of it: measured on Bun, and rounded up. */
const streamBytes = 8 * 1024
/** What a decoded field block takes, as a multiple of its encoded size (Huffman codes have 5 bits or more). */
const blockFactor = 2

/** The PING after which a draining client is known to have seen the GOAWAY. */
const drainPing = Buffer.from('draining')

/** An HTTP/2 connection that a client has opened: its requests become exchanges. */
export class ServerConnection extends Http2Connection<ServerExchange> {
  readonly scheme: 'http' | 'https'
  readonly remoteAddress: string
  protected lastPeerStreamId = 0
  /** Those that were not taken are seen as well. */
  #lastSeenStreamId = 0
  readonly #context: ServerContext
  readonly #ageAtMs: number
  /** How many bytes of the preface have come. */
  #prefaceBytes = 0
  /** Requests of the chunk at hand, which are handed up when it was looked at whole. */
  #arrived: ServerExchange[] = []
  #openedCount = 0
  readonly #unfinished = new UnfinishedExchanges()
  #draining: Draining = 'no'
  #drainPingAtMs = 0
  /** The field list that came last, and what it said: lists repeat. */
  #lastList: readonly string[] | undefined
  #lastHead: RequestHead | undefined

  constructor(
    context: ServerContext,
    socket: Socket,
    scheme: 'http' | 'https',
    remoteAddress: string,
    account: MemoryAccount,
  ) {
    super(context.hub, socket, account, context.trusts?.(remoteAddress))
    this.#context = context
    this.scheme = scheme
    this.remoteAddress = remoteAddress
    this.#ageAtMs = this.nowMs + this.limits.ageMaxMs * (0.9 + 0.2 * context.hub.random())
    const { concurrentStreamsMax, streamWindowBytes, headerListBytesMax, headerTableBytes } =
      this.limits
    this.open(
      settingsPayload([
        [settingId.headerTableSize, headerTableBytes],
        [settingId.maxConcurrentStreams, concurrentStreamsMax],
        [settingId.initialWindowSize, streamWindowBytes],
        [settingId.maxHeaderListSize, headerListBytesMax],
      ]),
    )
    this.lookIn(this.limits.idleTimeoutMs)
    this.hub.sweep.lookAt(this, this.#ageAtMs)
  }

  isIdle(streamId: number): boolean {
    // Even ones are the server's, which opens none (RFC 9113 §5.1.1).
    return streamId > this.#lastSeenStreamId || streamId % 2 === 0
  }

  onFields(
    streamId: number,
    fields: readonly string[],
    overflow: boolean,
    endStream: boolean,
  ): void {
    const open = this.streams.get(streamId)
    if (open !== undefined) return void this.#onTrailers(open, fields, overflow, endStream)
    if (streamId % 2 === 0) throw new ConnectionError(errorCode.protocolError, 'an even stream')
    if (streamId <= this.#lastSeenStreamId) return void this.#onClosedStream(streamId)
    this.#lastSeenStreamId = streamId
    // Behind the last one that GOAWAY names, nothing is taken (RFC 9113 §6.8).
    if (this.#draining === 'last') {
      this.spend(1)
      return void this.streams.ignore(streamId)
    }
    this.lastPeerStreamId = streamId
    this.#openedCount++
    const taken = this.streams.size + this.#unfinished.lingeringCount
    if (taken >= this.limits.concurrentStreamsMax) {
      return void this.streams.refuse(streamId, errorCode.refusedStream, 'too many streams')
    }
    this.budget.earn()
    const head = overflow ? emptyHead : this.#readHead(fields)
    if (head === undefined || (endStream && head.contentLength > 0)) {
      return void this.streams.refuse(streamId, errorCode.protocolError, 'malformed')
    }
    if (this.account.leavesUnread) {
      return void this.streams.refuse(streamId, errorCode.refusedStream, 'responses are unread')
    }
    const bytes = streamBytes + blockFactor * this.receiver.blockBytes
    if (!this.account.reserve(bytes, memoryShares.stream)) {
      return void this.streams.refuse(streamId, errorCode.refusedStream, 'memory is short')
    }
    const exchange = new ServerExchange(this, streamId, head)
    exchange.chargedBytes = bytes
    this.streams.add(exchange)
    if (endStream) this.streams.endRemote(exchange, [])
    if (overflow) this.#refuseFields(exchange)
    else if (head.expectsMore) exchange.answerBare(417)
    else this.#arrived.push(exchange)
  }

  onGoaway(): void {
    // The client opens no more streams, and closes when it has its answers.
  }

  onPong(payload: Uint8Array): void {
    if (this.#draining === 'told' && drainPing.equals(payload)) this.#nameLast()
  }

  /** The answer is sent whole; what is left of the request is of no use. */
  onAnswered(exchange: ServerExchange): void {
    this.budget.earnResets()
    if (!exchange.body.ended) exchange.body.cut(new Error('the exchange is closed'))
    if (exchange.remoteEnded) return void this.streams.remove(exchange)
    exchange.discards = true
    this.#unfinished.addUnread(exchange, this.tick())
    this.lookIn(this.limits.refusalDelayMs)
  }

  /** Its handler waits. */
  onBodyWanted(exchange: ServerExchange): void {
    exchange.bodyWantedAtMs = this.tick()
    this.lookIn(this.limits.bodyTimeoutMs)
  }

  /** Its handler has ended. */
  release(exchange: ServerExchange): void {
    this.#unfinished.removeLingering(exchange)
  }

  /** Ends the connection in two steps, so that no request is lost (RFC 9113 §6.8). */
  drain(): void {
    if (this.#draining !== 'no' || this.closed) return
    this.#draining = 'told'
    this.#drainPingAtMs = this.tick()
    this.transmitter.writer.goaway(int31Max, errorCode.noError, '')
    this.transmitter.writer.ping(drainPing, false)
    this.lookIn(this.limits.drainPingTimeoutMs)
  }

  protected override unframed(chunk: Buffer): Buffer {
    const seen = this.#prefaceBytes
    if (seen === clientPreface.length) return chunk
    const length = Math.min(chunk.length, clientPreface.length - seen)
    if (clientPreface.compare(chunk, 0, length, seen, seen + length) !== 0) {
      throw new ConnectionError(errorCode.protocolError, 'no connection preface')
    }
    this.#prefaceBytes += length
    return chunk.subarray(length)
  }

  protected onChunkEnd(): void {
    if (this.#arrived.length === 0) return
    const arrived = this.#arrived
    this.#arrived = []
    for (const exchange of arrived) if (!exchange.gone) this.#context.respond(exchange)
  }

  override onStreamClosed(exchange: ServerExchange): void {
    super.onStreamClosed(exchange)
    this.#unfinished.removeUnread(exchange)
    const isHandled = !exchange.released && !this.#arrived.includes(exchange)
    if (isHandled) {
      this.#unfinished.addLingering(exchange, this.tick())
      this.lookIn(this.limits.lingerTimeoutMs)
    }
    if (this.#draining === 'last' && this.streams.size === 0) this.finish(drained())
  }

  protected onClosed(): void {
    this.#context.onClosed(this)
  }

  protected deadlines(): Deadline[] {
    const { limits } = this
    const unfinished = this.#unfinished
    for (const exchange of unfinished.takeUnread(this.nowMs - limits.refusalDelayMs)) {
      this.streams.reset(exchange, errorCode.noError, 'the answer is complete')
    }
    unfinished.forgetLingering(this.nowMs - limits.lingerTimeoutMs)
    const due: Deadline[] = []
    const { unreadSinceMs, lingeringSinceMs } = unfinished
    if (unreadSinceMs !== undefined) due.push([unreadSinceMs + limits.refusalDelayMs, nothing])
    if (lingeringSinceMs !== undefined) {
      due.push([lingeringSinceMs + limits.lingerTimeoutMs, nothing])
    }
    due.push(...this.#lateBodies())
    if (this.#draining === 'told') {
      due.push([this.#drainPingAtMs + limits.drainPingTimeoutMs, () => this.#nameLast()])
    }
    if (this.#draining !== 'no') return due
    due.push([this.#ageAtMs, () => this.drain()])
    if (this.streams.size === 0) {
      due.push([this.idleSinceMs + limits.idleTimeoutMs, () => this.drain()])
    }
    return due
  }

  /** Bodies that handlers wait for and that do not come (RFC 9110 §15.5.9). */
  #lateBodies(): Deadline[] {
    const waiting = Array.from(this.streams.values()).filter(({ awaitsBody }) => awaitsBody)
    return waiting.map((exchange) => [
      exchange.bodyWantedAtMs + this.limits.bodyTimeoutMs,
      () => exchange.answerBare(408),
    ])
  }

  #readHead(list: readonly string[]): RequestHead | undefined {
    if (list !== this.#lastList) {
      this.#lastHead = readRequestHead(list)
      this.#lastList = list
    }
    return this.#lastHead
  }

  #onTrailers(
    stream: ServerExchange,
    fields: readonly string[],
    overflow: boolean,
    endStream: boolean,
  ): void {
    if (stream.remoteEnded) {
      return void this.streams.refuse(
        stream.id,
        errorCode.streamClosed,
        'HEADERS behind END_STREAM',
      )
    }
    const short = stream.contentLength >= 0 && stream.receivedBytes !== stream.contentLength
    if (!endStream || overflow || short || !areTrailers(fields)) {
      return void this.streams.refuse(stream.id, errorCode.protocolError, 'malformed')
    }
    this.streams.endRemote(stream, fields)
  }

  #onClosedStream(streamId: number): void {
    // An id that was left out is not closed but too low (RFC 9113 §5.1.1).
    const leftOut = this.#openedCount * 2 - 1 < this.lastPeerStreamId
    this.streams.onStray(streamId, leftOut ? errorCode.protocolError : errorCode.streamClosed)
  }

  /** More fields than are taken (RFC 6585 §5). */
  #refuseFields(exchange: ServerExchange): void {
    this.budget.spendReset(this.nowMs)
    exchange.answerBare(431)
  }

  #nameLast(): void {
    if (this.#draining !== 'told') return
    this.#draining = 'last'
    this.transmitter.writer.goaway(this.lastPeerStreamId, errorCode.noError, '')
    if (this.streams.size === 0) this.finish(drained())
  }
}

/** Stands for a request that is not looked at. */
const emptyHead: RequestHead = {
  method: '',
  authority: '',
  target: '',
  fields: [],
  contentLength: -1,
  expectsContinue: false,
  expectsMore: false,
}

/** Is done by the look itself. */
function nothing(): void {}

function drained(): Error {
  return new Error('the connection is drained')
}
