import { encodedBytesMax, HpackEncoder } from '../../packages/http/http2/hpack/encoder.ts'
import { toFrame, uint32 } from '../../packages/http/http2/testing/frames-peer.ts'
import { type Frame, flag, type Http2Model, type } from './http2-model.ts'
import type { Meaning } from './http2-rules.ts'
import type { Random } from './random.ts'

/** An action of a client: mostly valid, sometimes slightly invalid. */
export interface Act {
  readonly bytes: Buffer
  /** The frame that the model judges. */
  readonly frame: Frame
  readonly meaning?: Meaning
  /** True when its outcome is unpredictable, except whether it closes the connection. */
  readonly isGarbage?: boolean
}

const paths = ['/echo', '/echo', '/echo', '/early', '/big', '/hold', '/abort', '/refuse']

export class Acts {
  readonly #random: Random
  readonly #model: Http2Model
  readonly #encoder = new HpackEncoder()
  /** An action that mostly closes the connection is done once in this many times. */
  readonly #patience: number

  constructor(random: Random, model: Http2Model) {
    this.#random = random
    this.#model = model
    this.#patience = random.pick([4, 30, 300])
  }

  next(): Act {
    const random = this.#random
    const kinds: readonly [weight: number, act: () => Act][] = [
      [12, () => this.#request()],
      [12, () => this.#data()],
      [3, () => this.#trailers()],
      [3, () => this.#simple(type.reset, this.#someId(), uint32(random.pick([0, 8, 99])))],
      [6, () => this.#windowUpdate()],
      [3, () => this.#settings()],
      [2, () => this.#simple(type.ping, 0, random.bytes(8), random.pick([0, 0, flag.ack]))],
      [2, () => this.#simple(type.priority, this.#someId(), random.bytes(5))],
      [1, () => this.#simple(type.goaway, 0, Buffer.concat([uint32(0), uint32(0)]))],
      [1, () => this.#simple(random.integer(10, 255), this.#anyId(), random.bytes(9))],
    ]
    if (random.once(this.#patience)) return this.#wrong()
    if (this.#model.active.length === 0 && !random.once(this.#patience)) return this.#request()
    let at = random.integer(1, sum(kinds.map(([weight]) => weight)))
    for (const [weight, act] of kinds) {
      at -= weight
      if (at <= 0) return act()
    }
    return this.#request()
  }

  /** Returns a valid request. */
  plainRequest(path: string, body: Buffer): Act[] {
    const streamId = this.#model.lastId + 2 - ((this.#model.lastId + 1) % 2)
    const head = this.#headers(streamId, [...requestFields(path)], body.length === 0, {
      contentLength: undefined,
      isRequest: true,
      isWellFormed: true,
    })
    if (body.length === 0) return [head]
    return [head, this.#simple(type.data, streamId, body, flag.endStream)]
  }

  #wrong(): Act {
    switch (this.#random.integer(0, 5)) {
      case 0:
        return this.#tooLong()
      case 1:
        return this.#interrupted()
      case 2:
        return this.#garbage()
      default:
        return this.#broken()
    }
  }

  reset(streamId: number): Act {
    return this.#simple(type.reset, streamId, uint32(8))
  }

  /** Returns windows with room for a small response. */
  grants(): Act[] {
    const { serverWindow } = this.#model
    // INITIAL_WINDOW_SIZE and MAX_HEADER_LIST_SIZE.
    const roomy = [Buffer.of(0, 4), uint32(65_535), Buffer.of(0, 6), uint32(65_535)]
    const grants = [this.#simple(type.settings, 0, Buffer.concat(roomy))]
    if (serverWindow < 65_535) grants.push(this.#simple(type.windowUpdate, 0, uint32(65_535)))
    return grants
  }

  #request(): Act {
    const random = this.#random
    const { lastId } = this.#model
    const next = lastId + 1 + (lastId % 2)
    const streamId = random.once(this.#patience) ? this.#anyId() : next + (random.once(8) ? 2 : 0)
    const fields = requestFields(random.pick(paths))
    const contentLength = random.once(5) ? random.integer(0, 50) : undefined
    if (contentLength !== undefined) fields.push('content-length', `${contentLength}`)
    const isWellFormed = !random.once(8)
    if (!isWellFormed) random.pick(spoilers)(fields)
    const meaning = { contentLength, isRequest: true, isWellFormed }
    return this.#headers(streamId, fields, random.once(2), meaning)
  }

  #trailers(): Act {
    const random = this.#random
    const isWellFormed = !random.once(5)
    const fields = isWellFormed
      ? ['x-sum', '1']
      : random.pick([
          [':path', '/'],
          ['X-Sum', '1'],
        ])
    const meaning = { contentLength: undefined, isRequest: false, isWellFormed }
    return this.#headers(this.#someId(), fields, !random.once(6), meaning)
  }

  #headers(streamId: number, fields: readonly string[], ends: boolean, meaning: Meaning): Act {
    const random = this.#random
    const out = Buffer.alloc(encodedBytesMax(fields))
    const block = out.subarray(0, this.#encoder.encode(fields, out, 0))
    const priority = random.once(10) ? random.bytes(5) : Buffer.alloc(0)
    const first = random.once(4) ? random.integer(0, block.length) : block.length
    const padding = random.once(8) ? random.integer(0, 20) : undefined
    const flags = (ends ? flag.endStream : 0) | (priority.length > 0 ? flag.priority : 0)
    const content = padded(Buffer.concat([priority, block.subarray(0, first)]), padding)
    const own = flags | (padding === undefined ? 0 : flag.padded)
    const parts = random.cut(block.subarray(first)).slice(0, 10)
    const rest = block.subarray(first + sum(parts.map(({ length }) => length)))
    if (rest.length > 0) parts.push(rest)
    const last = parts.length === 0 ? flag.endHeaders : 0
    const frames = [toFrame(type.headers, own | last, streamId, content)]
    for (const [index, part] of parts.entries()) {
      const end = index === parts.length - 1 ? flag.endHeaders : 0
      frames.push(toFrame(type.continuation, end, streamId, part))
    }
    const frame = { type: type.headers, flags: own, streamId, payload: content }
    return { bytes: Buffer.concat(frames), frame, meaning }
  }

  #data(): Act {
    const random = this.#random
    const bytesMax = random.once(10) ? 16_000 : random.once(3) ? 2_000 : 60
    const content = Buffer.alloc(random.integer(0, bytesMax), random.integer(0, 255))
    const padding = random.once(5) ? random.integer(0, 255) : undefined
    const flags = (random.once(3) ? flag.endStream : 0) | (padding === undefined ? 0 : flag.padded)
    return this.#simple(type.data, this.#someId(), padded(content, padding), flags)
  }

  #windowUpdate(): Act {
    const random = this.#random
    const isWrong = random.once(this.#patience)
    const increment = random.pick(isWrong ? [0x7fff_ffff, 0, 0x8000_0000] : [1, 100, 65_535])
    return this.#simple(type.windowUpdate, random.once(3) ? 0 : this.#someId(), uint32(increment))
  }

  #settings(): Act {
    const random = this.#random
    const isWrong = random.once(this.#patience)
    const [id = 0, value = 0] = random.pick(isWrong ? wrongSettings : settings)
    const entry = Buffer.concat([Buffer.of(0, id), uint32(value)])
    const payload = isWrong && random.once(4) ? Buffer.concat([entry, entry.subarray(0, 4)]) : entry
    return this.#simple(type.settings, isWrong && random.once(4) ? 1 : 0, payload)
  }

  /** Returns a known frame with a wrong length, or in a wrong place. */
  #broken(): Act {
    const random = this.#random
    const length = random.integer(0, 12)
    const kind = random.pick([0, 2, 3, 4, 5, 6, 7, 8, 9])
    return this.#simple(kind, this.#anyId(), random.bytes(length), random.integer(0, 255))
  }

  #tooLong(): Act {
    return this.#simple(this.#random.pick([0, 4, 99]), this.#someId(), Buffer.alloc(16_385))
  }

  /** Returns a header block that another frame interrupts (§6.10). */
  #interrupted(): Act {
    const frames = [toFrame(type.headers, 0, this.#model.lastId + 2, Buffer.of(0x82))]
    frames.push(toFrame(type.ping, 0, 0, Buffer.alloc(8)))
    const frame = { type: type.continuation, flags: 0, streamId: 0, payload: Buffer.alloc(0) }
    return { bytes: Buffer.concat(frames), frame }
  }

  #garbage(): Act {
    const random = this.#random
    const bytes = random.once(2)
      ? random.bytes(random.integer(1, 60))
      : this.#simple(type.headers, this.#model.lastId + 2, random.bytes(20), flag.endHeaders).bytes
    const frame = { type: 99, flags: 0, streamId: 0, payload: Buffer.alloc(0) }
    return { bytes, frame, isGarbage: true }
  }

  #simple(kind: number, streamId: number, payload: Buffer, flags = 0): Act {
    const bytes = toFrame(kind, flags, streamId, payload)
    return { bytes, frame: { type: kind, flags, streamId, payload } }
  }

  /** Returns the id of a stream, mostly an active one. */
  #someId(): number {
    const random = this.#random
    const active = this.#model.active.map(({ id }) => id)
    const known = [...this.#model.streams.keys()]
    if (active.length > 0 && !random.once(this.#patience)) return random.pick(active)
    if (known.length > 0 && !random.once(this.#patience)) return random.pick(known)
    return known.length > 0 || random.once(this.#patience) ? this.#anyId() : 1
  }

  #anyId(): number {
    return this.#random.pick([0, 1, 2, 3, 4, this.#model.lastId + 1, this.#model.lastId + 7])
  }
}

const settings = [
  ...[
    [1, 0],
    [1, 100],
    [1, 65_536],
    [2, 0],
    [3, 0],
    [4, 0],
    [4, 10],
    [4, 65_535],
    [4, 100_000],
  ],
  ...[
    [5, 16_384],
    [5, 0xff_ffff],
    [6, 1],
    [99, 7],
  ],
]
const wrongSettings = [
  [2, 2],
  [4, 0x8000_0000],
  [5, 1],
  [5, 0x100_0000],
]

function requestFields(path: string): string[] {
  return [':method', 'POST', ':scheme', 'http', ':authority', 'a', ':path', path, 'x-a', 'b']
}

/** Changes that make a request malformed (RFC 9113 §8.2, §8.3). */
const spoilers: readonly ((fields: string[]) => void)[] = [
  (fields) => fields.splice(0, 2),
  (fields) => fields.splice(6, 2),
  (fields) => fields.push(':path', '/'),
  (fields) => fields.unshift(':path', '/'),
  (fields) => fields.unshift(':own', 'a'),
  (fields) => fields.push('X-Upper', 'a'),
  (fields) => fields.push('connection', 'close'),
  (fields) => fields.push('transfer-encoding', 'chunked'),
  (fields) => fields.push('te', 'gzip'),
  (fields) => fields.push('x-line', 'a\r\nb: c'),
  (fields) => fields.push('x-nul', '\0'),
  (fields) => fields.push('', 'a'),
  (fields) => fields.push('x y', 'a'),
  (fields) => fields.push('content-length', '-1'),
  (fields) => fields.splice(7, 1, ''),
]

function padded(content: Buffer, padding: number | undefined): Buffer {
  if (padding === undefined) return content
  return Buffer.concat([Buffer.of(padding), content, Buffer.alloc(padding)])
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
