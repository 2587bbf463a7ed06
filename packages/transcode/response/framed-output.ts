import { create, type DescMessage, type Message } from '@bufbuild/protobuf'
import type { ConnectError } from '@connectrpc/connect'
import type { Codec, JsonOptions } from '@marquee/connect-hono/protobuf/codec'
import { cachedEncodingsOf } from '@marquee/connect-hono/response/encode-once'
import type { StreamOutput } from '@marquee/connect-hono/response/stream'
import { type Framing, frame } from './codec.ts'
import { errorJson } from './errors.ts'

type Batch = Parameters<StreamOutput['addTo']>[0]

/** A comment, which clients skip. A blank line is no JSON, so lines repeat the last one instead. */
const eventHeartbeat = new TextEncoder().encode(':\n\n')

/** Encodes the messages of a stream as lines or as server-sent events. */
export class FramedOutput implements StreamOutput {
  readonly addHeartbeat?: (batch: Batch) => void
  readonly #desc: DescMessage
  readonly #codec: Codec
  readonly #framing: Framing
  #isEmpty = true

  /** @param codec Adds the framing to each message. */
  constructor(desc: DescMessage, codec: Codec, framing: Framing) {
    this.#desc = desc
    this.#codec = codec
    this.#framing = framing
    if (framing === 'events') this.addHeartbeat = (batch) => batch.addEncoded(eventHeartbeat)
  }

  /** True before the first message. */
  get isEmpty(): boolean {
    return this.#isEmpty
  }

  addTo(batch: Batch, message: unknown): undefined {
    const created = create(this.#desc, message as Message)
    batch.addEncoded(this.#encode(created))
    this.#isEmpty = false
  }

  /**
   * Returns the end of a stream that failed: the line `{"error": {"code": …, "message": …}}`, or an
   * event of the type `error` with what is inside.
   */
  failure(error: ConnectError, jsonOptions: JsonOptions): Uint8Array {
    const json = errorJson(error, jsonOptions)
    const isEvent = this.#framing === 'events'
    const text = frame(isEvent ? json : `{"error":${json}}`, this.#framing, { event: 'error' })
    return new TextEncoder().encode(text)
  }

  #encode(message: Message): Uint8Array {
    const encodings = cachedEncodingsOf(message)
    const known = encodings?.get(this.#codec)?.get('identity')
    if (known !== undefined && !(known instanceof Promise)) return known
    const bytes = this.#codec.serialize(message)
    encodings?.set(this.#codec, new Map([['identity', bytes]]))
    return bytes
  }
}
