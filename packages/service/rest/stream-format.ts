import { type DescMessage, type Message, type MessageShape, toJson } from '@bufbuild/protobuf'
import type { ConnectError } from '@connectrpc/connect'
import { errorToJson } from '@connectrpc/connect/protocol-connect'
import type { Resumption } from '@marquee/transcode/resumption'

/** Media types of a stream for REST, the default first. */
export const streamTypes = [
  'application/x-ndjson',
  'application/jsonl',
  'text/event-stream',
] as const
export type StreamType = (typeof streamTypes)[number]

/** Describes a message as an event of Server-Sent Events. */
export type EventOf<Desc extends DescMessage> = (message: MessageShape<Desc>) => EventHead

export interface EventHead {
  readonly name: string
}

/** Text form of the messages of a stream. */
export interface StreamFormat {
  /** Returns the bytes of a message. The first one has what clients need once. */
  message(message: Message): Uint8Array
  /** Returns the bytes that keep a quiet stream open. `undefined` for the last message again. */
  readonly heartbeat: Uint8Array | undefined
  /** Returns the bytes by which a stream that has begun reports its error. */
  failure(error: ConnectError): Uint8Array
}

/** Creates the format of one stream. */
export function createStreamFormat<Desc extends DescMessage>(
  type: StreamType,
  desc: Desc,
  options: EventOptions<Desc>,
): StreamFormat {
  return type === 'text/event-stream' ? createEvents(desc, options) : createLines(desc)
}

export interface EventOptions<Desc extends DescMessage> {
  readonly eventOf: EventOf<Desc>
  /** Returns the id of a message's event. Default: events have none. */
  readonly idOf?: Resumption['idOf'] | undefined
  /** Time after which a browser connects again, in milliseconds. */
  readonly retryMs: number
}

const utf8 = new TextEncoder()
/** Lines of messages that many streams send, so that each is encoded once. */
const encodedLines = new WeakMap<Message, Uint8Array>()
const encodedEvents = new WeakMap<Message, Uint8Array>()

function once(cache: WeakMap<Message, Uint8Array>, message: Message, text: () => string) {
  const known = cache.get(message)
  if (known !== undefined) return known
  const bytes = utf8.encode(text())
  cache.set(message, bytes)
  return bytes
}

/** One message per line (https://jsonlines.org). An error is an object with the key `error`. */
function createLines(desc: DescMessage): StreamFormat {
  return {
    message: (message) => once(encodedLines, message, () => `${jsonOf(desc, message)}\n`),
    // A blank line is no JSON, and some clients parse each line.
    heartbeat: undefined,
    failure: (error) =>
      utf8.encode(`${JSON.stringify({ error: errorToJson(error, undefined) })}\n`),
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
function createEvents<Desc extends DescMessage>(
  desc: Desc,
  { eventOf, idOf, retryMs }: EventOptions<Desc>,
): StreamFormat {
  let hasBegun = false
  return {
    message(message) {
      const event = once(encodedEvents, message, () => {
        const { name } = eventOf(message as MessageShape<Desc>)
        const id = idOf?.(message)
        const head = id === undefined ? '' : `id: ${id}\n`
        return `${head}event: ${name}\ndata: ${jsonOf(desc, message)}\n\n`
      })
      if (hasBegun) return event
      hasBegun = true
      return Buffer.concat([utf8.encode(`retry: ${retryMs}\n`), event])
    },
    heartbeat: utf8.encode(':\n\n'),
    failure(error) {
      const data = JSON.stringify(errorToJson(error, undefined))
      return utf8.encode(`event: error\ndata: ${data}\n\n`)
    },
  }
}

/** JSON has no line breaks, which both formats rely on. */
function jsonOf(desc: DescMessage, message: Message): string {
  return JSON.stringify(toJson(desc, message))
}
