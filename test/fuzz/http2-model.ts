import assert from 'node:assert/strict'
import { HpackDecoder } from '../../packages/http/http2/hpack/decoder.ts'

/**
 * A minimal second implementation of RFC 9113: what a client's frames may cause, and what a server
 * may send. It shares only the decoder of header blocks with the engine.
 */
export const code = {
  noError: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  compression: 9,
} as const

export const type = {
  ...{ data: 0, headers: 1, priority: 2, reset: 3, settings: 4, push: 5, ping: 6, goaway: 7 },
  ...{ windowUpdate: 8, continuation: 9 },
} as const

export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

/**
 * Permitted reactions of the server to a frame. A stream error may become a connection error
 * (§5.4.1).
 */
export interface Verdict {
  /** True when the server may accept the frame. */
  ok: boolean
  readonly streamId: number
  readonly streamCodes: number[]
  readonly connectionCodes: number[]
}

export interface ModelStream {
  readonly id: number
  /** Which side ended or reset the stream. */
  clientEnded: boolean
  serverEnded: boolean
  resetBy: 'client' | 'server' | undefined
  /** Send windows of both sides. */
  clientWindow: number
  serverWindow: number
  contentLength: number | undefined
  sentBytes: number
  readonly sent: Buffer[]
  readonly got: Buffer[]
  readonly lists: (readonly string[])[]
}

const startWindow = 65_535
const int31 = 0x7fff_ffff

export class Http2Model {
  readonly streams = new Map<number, ModelStream>()
  lastId = 0
  goaway: number | undefined
  /** Resets since the last check. */
  resets: { readonly id: number; readonly code: number }[] = []
  concurrentMax = Number.POSITIVE_INFINITY
  serverStartWindow = startWindow
  clientStartWindow = startWindow
  /** Send windows of the connection, of the client and of the server. */
  clientWindow = startWindow
  serverWindow = startWindow
  /** Changes of the client's SETTINGS frames that apply when they are acknowledged. */
  readonly unacknowledged: { windowBytes?: number; tableBytes?: number }[] = []
  readonly unanswered: Buffer[] = []
  readonly #decoder = new HpackDecoder()
  #rest: Buffer = Buffer.alloc(0)

  get active(): ModelStream[] {
    return [...this.streams.values()].filter(isActive)
  }

  /** Processes bytes of the server. Throws when they are not permitted. */
  observe(bytes: Buffer): void {
    let rest = Buffer.concat([this.#rest, bytes])
    while (rest.length >= 9) {
      const end = 9 + rest.readUIntBE(0, 3)
      if (rest.length < end) break
      this.#observe({
        type: rest[3] ?? 0,
        flags: rest[4] ?? 0,
        streamId: rest.readUInt32BE(5),
        payload: rest.subarray(9, end),
      })
      rest = rest.subarray(end)
    }
    this.#rest = rest
  }

  #observe(frame: Frame): void {
    const { flags, streamId, payload } = frame
    assert.ok(payload.length <= 16_384, 'a frame too long')
    switch (frame.type) {
      case type.data:
        this.#observeData(this.#sending(streamId, 'DATA'), frame)
        return
      case type.headers:
        this.#observeHeaders(this.#sending(streamId, 'HEADERS'), frame)
        return
      case type.reset: {
        const stream = this.streams.get(streamId)
        this.resets.push({ id: streamId, code: payload.readUInt32BE() })
        if (stream !== undefined) stream.resetBy ??= 'server'
        return
      }
      case type.settings:
        if (flags & flag.ack) this.#acknowledge()
        else this.#readSettings(payload)
        return
      case type.ping:
        if (flags & flag.ack) assert.deepEqual(payload, this.unanswered.shift(), 'a wrong PING')
        return
      case type.goaway:
        this.goaway = payload.readUInt32BE(4)
        assert.ok(payload.readUInt32BE() <= int31)
        return
      case type.windowUpdate: {
        const increment = payload.readUInt32BE()
        assert.ok(increment > 0 && increment <= int31)
        if (streamId === 0) this.clientWindow += increment
        else this.#known(streamId).clientWindow += increment
        return
      }
      default:
        assert.fail(`a server sends no frame of type ${frame.type}`)
    }
  }

  #known(streamId: number): ModelStream {
    const stream = this.streams.get(streamId)
    assert.ok(stream, `stream ${streamId} was not opened`)
    return stream
  }

  #sending(streamId: number, what: string): ModelStream {
    const stream = this.#known(streamId)
    assert.ok(!stream.serverEnded, `${what} behind the end of stream ${streamId}`)
    assert.ok(
      !stream.resetBy,
      `${what} on stream ${streamId}, which was reset by ${stream.resetBy}`,
    )
    return stream
  }

  #observeData(stream: ModelStream, { flags, payload }: Frame): void {
    assert.ok(stream.lists.length === 1, 'DATA before HEADERS')
    if (payload.length > 0) {
      assert.ok(payload.length <= stream.serverWindow, 'beyond the window of the stream')
      assert.ok(payload.length <= this.serverWindow, 'beyond the window of the connection')
    }
    stream.serverWindow -= payload.length
    this.serverWindow -= payload.length
    stream.got.push(payload)
    if (flags & flag.endStream) stream.serverEnded = true
  }

  #observeHeaders(stream: ModelStream, { flags, payload }: Frame): void {
    assert.ok(flags & flag.endHeaders, 'the responses are small')
    const limits = { listBytesMax: 65_536, listCountMax: 100 }
    const { headers } = this.#decoder.decode(payload, limits)
    if (headers[0] === ':status' && headers[1]?.startsWith('1')) return
    stream.lists.push(headers)
    assert.equal(headers[0] === ':status', stream.lists.length === 1, 'a status, once')
    assert.ok(stream.lists.length === 1 || flags & flag.endStream, 'trailers are the end')
    if (flags & flag.endStream) stream.serverEnded = true
  }

  #acknowledge(): void {
    const settings = this.unacknowledged.shift()
    assert.ok(settings, 'an acknowledgement of nothing')
    const { windowBytes, tableBytes } = settings
    if (tableBytes !== undefined) this.#decoder.setTableBytesMax(tableBytes)
    if (windowBytes === undefined) return
    for (const stream of this.streams.values()) {
      stream.serverWindow += windowBytes - this.clientStartWindow
    }
    this.clientStartWindow = windowBytes
  }

  #readSettings(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2)
      if (payload.readUInt16BE(at) === 3) this.concurrentMax = value
      if (payload.readUInt16BE(at) === 4) this.serverStartWindow = value
    }
  }
}

export function isActive(stream: ModelStream): boolean {
  return !stream.resetBy && !(stream.clientEnded && stream.serverEnded)
}

export function verdictOn(streamId: number): Verdict {
  return { ok: true, streamId, streamCodes: [], connectionCodes: [] }
}
