import type { Arrival } from '../../arrival.ts'
import type { HeaderList, Respond } from '../../exchange.ts'
import { memoryShares } from '../../memory/account.ts'
import { type ConnectionOwner, type Deadline, Http2Connection } from '../core/connection.ts'
import type { Http2Context } from '../core/context.ts'
import type { Http2Stream } from '../core/stream.ts'
import type { StreamLink } from '../core/stream-link.ts'
import { ConnectionError } from '../frames/errors.ts'
import { PrefaceReader } from '../frames/preface.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { errorCode, int31Max } from '../frames/wire.ts'
import { type ResponseSink, ServerExchange } from './exchange.ts'
import { areTrailers, type RequestHead, readRequestHead } from './request-head.ts'
import { TimedSet } from './timed-set.ts'

/** The parts of a server that its connections use. */
export interface ServerContext {
  readonly shared: Http2Context
  readonly respond: Respond
  /** Returns whether a peer may send any number of resets and idle frames. Default: none may. */
  readonly trusts?: ((address: string) => boolean) | undefined
  onClosed(connection: ServerConnection): void
}

/** Progress of draining (RFC 9113 §6.8): the client was warned, or the last stream was named. */
type Draining = 'no' | 'warned' | 'last'

/** Memory charged for an open stream, in bytes: measured on Bun, and rounded up. */
const streamBytes = 8 * 1024
/** Maximum size of a decoded header block, as a multiple of its encoded size. */
const blockFactor = 2

/** The PING whose response shows that a draining client has seen the GOAWAY. */
const drainPing = Buffer.from('draining')

/** An HTTP/2 connection that a client has opened. Its requests become exchanges. */
export class ServerConnection implements ConnectionOwner<ServerExchange>, ResponseSink {
  readonly scheme: 'http' | 'https'
  readonly remoteAddress: string
  readonly #core: Http2Connection<ServerExchange>
  readonly #context: ServerContext
  readonly #ageAtMs: number
  /** Dropped when the preface is complete. */
  #preface: PrefaceReader | undefined = new PrefaceReader()
  /** Requests of the current chunk, which are handled after its last frame. */
  #arrived: ServerExchange[] | undefined
  #openedCount = 0
  /** Exchanges whose response is complete while the request still arrives. */
  readonly #unread = new TimedSet<ServerExchange>()
  /** Exchanges that were reset while their handlers continue. They count as streams. */
  readonly #lingering = new TimedSet<ServerExchange>()
  #draining: Draining = 'no'
  #drainPingAtMs = 0
  /** The last header list and its request head: lists repeat. */
  #lastList: HeaderList | undefined
  #lastHead: RequestHead | undefined

  constructor(context: ServerContext, arrival: Arrival) {
    const { shared, trusts } = context
    this.#context = context
    this.scheme = arrival.scheme
    this.remoteAddress = arrival.remoteAddress
    const isTrusted = trusts?.(this.remoteAddress)
    this.#core = new Http2Connection({ ...arrival, context: shared, isTrusted }, this)
    const { timer, limits } = this.#core
    const ageMs = limits.ageMaxMs * (0.9 + 0.2 * shared.random())
    this.#ageAtMs = timer.nowMs + ageMs
    this.#core.open(
      settingsPayload([
        [settingId.headerTableSize, limits.headerTableBytes],
        [settingId.maxConcurrentStreams, limits.concurrentStreamsMax],
        [settingId.initialWindowSize, limits.streamWindowBytes],
        [settingId.maxHeaderListSize, limits.headerListBytesMax],
      ]),
    )
    timer.checkIn(ageMs)
  }

  get link(): StreamLink {
    return this.#core
  }

  date(): string {
    return this.#core.context.date()
  }

  onHeaders(
    streamId: number,
    headers: HeaderList,
    overflow: boolean,
    endStream: boolean,
    blockBytes: number,
  ): void {
    const core = this.#core
    const { streams, account } = core
    const open = streams.get(streamId)
    if (open !== undefined) return void this.#onTrailers(open, headers, overflow, endStream)
    if (streamId % 2 === 0) throw new ConnectionError(errorCode.protocolError, 'even stream id')
    if (streamId <= streams.lastId) return void this.#onClosedStream(streamId)
    streams.lastId = streamId
    // GOAWAY has named the last stream, so no later one is taken (RFC 9113 §6.8).
    if (this.#draining === 'last') {
      core.budget.spend(1)
      return void streams.ignore(streamId)
    }
    core.lastTakenId = streamId
    this.#openedCount++
    const takenCount = streams.size + this.#lingering.size
    if (takenCount >= core.limits.concurrentStreamsMax) {
      return void streams.refuse(streamId, errorCode.refusedStream, 'too many streams')
    }
    core.budget.earn()
    const head = overflow ? emptyHead : this.#readHead(headers)
    if (head === undefined || (endStream && head.contentLength > 0)) {
      return void streams.refuse(streamId, errorCode.protocolError, 'malformed')
    }
    if (account.leavesUnread) {
      return void streams.refuse(streamId, errorCode.refusedStream, 'responses are unread')
    }
    const bytes = streamBytes + blockFactor * blockBytes
    if (!account.reserve(bytes, memoryShares.stream)) {
      return void streams.refuse(streamId, errorCode.refusedStream, 'memory is short')
    }
    const exchange = new ServerExchange(this, streamId, head)
    exchange.stream.chargedBytes = bytes
    streams.add(exchange.stream)
    if (endStream) streams.endRemote(exchange.stream, [])
    if (overflow) this.#refuseHeaders(exchange)
    else if (head.expectsMore) exchange.respondBare(417)
    else if (this.#arrived === undefined) this.#arrived = [exchange]
    else this.#arrived.push(exchange)
  }

  onPong(payload: Uint8Array): void {
    if (this.#draining === 'warned' && drainPing.equals(payload)) this.#nameLast()
  }

  onResponded(exchange: ServerExchange): void {
    const { budget, streams, timer, limits } = this.#core
    const { stream } = exchange
    budget.earnResets()
    // The rest of the request is not needed.
    if (!stream.body.ended) stream.body.cut(new Error('the exchange is closed'))
    if (stream.remoteEnded) return void streams.remove(stream)
    stream.discards = true
    this.#unread.add(exchange, timer.tick())
    timer.checkIn(limits.refusalDelayMs)
  }

  onBodyWanted(exchange: ServerExchange): void {
    const { timer, limits } = this.#core
    exchange.bodyWantedAtMs = timer.tick()
    timer.checkIn(limits.bodyTimeoutMs)
  }

  onReleased(exchange: ServerExchange): void {
    this.#lingering.delete(exchange)
  }

  /** Ends the connection in two steps, so that no request is lost (RFC 9113 §6.8). */
  drain(): void {
    const { closed, transmitter, timer, limits } = this.#core
    if (this.#draining !== 'no' || closed) return
    this.#draining = 'warned'
    this.#drainPingAtMs = timer.tick()
    transmitter.writer.goaway(int31Max, errorCode.noError, '')
    transmitter.writer.ping(drainPing, false)
    timer.checkIn(limits.drainPingTimeoutMs)
  }

  /** Destroys the connection. */
  destroy(cause: Error): void {
    this.#core.destroy(cause)
  }

  stripPreface(chunk: Buffer): Buffer {
    if (this.#preface === undefined) return chunk
    const rest = this.#preface.strip(chunk)
    if (this.#preface.isDone) this.#preface = undefined
    return rest
  }

  onChunkEnd(): void {
    const arrived = this.#arrived
    if (arrived === undefined) return
    this.#arrived = undefined
    for (const exchange of arrived) if (!exchange.stream.gone) this.#context.respond(exchange)
  }

  onStreamClosed({ owner: exchange }: Http2Stream<ServerExchange>): void {
    const { timer, limits } = this.#core
    this.#unread.delete(exchange)
    const isHandled = !exchange.released && !this.#arrived?.includes(exchange)
    if (isHandled) {
      this.#lingering.add(exchange, timer.tick())
      timer.checkIn(limits.lingerTimeoutMs)
    }
    if (this.#draining === 'last') this.#endWhenDrained()
  }

  onClosed(): void {
    this.#context.onClosed(this)
  }

  deadlines(): Deadline[] {
    const { limits, timer, streams, idleSinceMs } = this.#core
    for (const { stream } of this.#unread.takeUntil(timer.nowMs - limits.refusalDelayMs)) {
      stream.reset(errorCode.noError, 'the response is complete')
    }
    this.#lingering.takeUntil(timer.nowMs - limits.lingerTimeoutMs)
    const due = this.#lateBodies()
    const [unreadSinceMs, lingeringSinceMs] = [this.#unread.oldestMs, this.#lingering.oldestMs]
    if (unreadSinceMs !== undefined) due.push([unreadSinceMs + limits.refusalDelayMs, nothing])
    if (lingeringSinceMs !== undefined) {
      due.push([lingeringSinceMs + limits.lingerTimeoutMs, nothing])
    }
    if (this.#draining === 'warned') {
      due.push([this.#drainPingAtMs + limits.drainPingTimeoutMs, () => this.#nameLast()])
    }
    if (this.#draining !== 'no') return due
    due.push([this.#ageAtMs, () => this.drain()])
    if (streams.size === 0) due.push([idleSinceMs + limits.idleTimeoutMs, () => this.drain()])
    return due
  }

  /** Returns the deadlines of bodies that handlers wait for (RFC 9110 §15.5.9). */
  #lateBodies(): Deadline[] {
    const { streams, limits } = this.#core
    return Array.from(streams.values(), ({ owner }) => owner)
      .filter(({ awaitsBody }) => awaitsBody)
      .map((exchange) => [
        exchange.bodyWantedAtMs + limits.bodyTimeoutMs,
        () => exchange.respondBare(408),
      ])
  }

  #readHead(list: HeaderList): RequestHead | undefined {
    if (list !== this.#lastList) {
      this.#lastHead = readRequestHead(list)
      this.#lastList = list
    }
    return this.#lastHead
  }

  #onTrailers(
    stream: Http2Stream<ServerExchange>,
    trailers: HeaderList,
    overflow: boolean,
    endStream: boolean,
  ): void {
    const { streams } = this.#core
    if (stream.remoteEnded) {
      return void streams.refuse(stream.id, errorCode.streamClosed, 'HEADERS after END_STREAM')
    }
    const isShort = stream.contentLength >= 0 && stream.receivedBytes !== stream.contentLength
    if (!endStream || overflow || isShort || !areTrailers(trailers)) {
      return void streams.refuse(stream.id, errorCode.protocolError, 'malformed')
    }
    streams.endRemote(stream, trailers)
  }

  #onClosedStream(streamId: number): void {
    // A skipped id is not closed but too low (RFC 9113 §5.1.1).
    const isSkipped = this.#openedCount * 2 - 1 < this.#core.lastTakenId
    const code = isSkipped ? errorCode.protocolError : errorCode.streamClosed
    this.#core.streams.onStray(streamId, code)
  }

  /** Responds to a request with too many headers (RFC 6585 §5). */
  #refuseHeaders(exchange: ServerExchange): void {
    this.#core.budget.spendReset()
    exchange.respondBare(431)
  }

  #nameLast(): void {
    if (this.#draining !== 'warned') return
    this.#draining = 'last'
    this.#core.transmitter.writer.goaway(this.#core.lastTakenId, errorCode.noError, '')
    this.#endWhenDrained()
  }

  #endWhenDrained(): void {
    if (this.#core.streams.size === 0) this.#core.finish(new Error('the connection is drained'))
  }
}

/** Head of a request that was not parsed. */
const emptyHead: RequestHead = {
  method: '',
  authority: '',
  target: '',
  headers: [],
  contentLength: -1,
  expectsContinue: false,
  expectsMore: false,
}

/** Does nothing, for a deadline that `deadlines` itself handles. */
function nothing(): void {}
