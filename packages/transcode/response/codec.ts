import {
  type DescField,
  type JsonObject,
  type JsonValue,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf'
import type { Codec } from '@marquee/connect-hono/protobuf/codec'
import type { Rpc } from '@marquee/connect-hono/rpc'
import type { Resumption } from '../resumption.ts'
import { memberOf, numbersOf } from './numbers.ts'

const encoder = new TextEncoder()

/**
 * Creates the encoder of responses: the JSON of protobuf, with 64-bit integers as numbers.
 * @param field Field that is the whole body. Default: the message is.
 */
export function createResponseCodec({ method, options, outputs }: Rpc, field?: DescField): Codec {
  const { output } = method
  const whole = numbersOf(output)
  const member = field && (memberOf(field) ?? ((json: JsonValue) => json))
  const toText: ToText = (message) => {
    const json = toJson(output, message, options.jsonOptions) as JsonObject
    if (field === undefined || member === undefined) return JSON.stringify(whole(json))
    const value = json[field.jsonName]
    return JSON.stringify(value === undefined ? emptyOf(field) : member(value))
  }
  return withText(outputs.json, toText)
}

/** Formats of a stream of messages. */
export type Framing = 'lines' | 'events'

/**
 * Creates the encoder of the messages of a stream: one line of JSON each, or one server-sent event
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * @param idOf Returns the id of the event of a message. Default: events have none.
 */
export function createFramedCodec(
  codec: Codec,
  framing: Framing,
  idOf: Resumption['idOf'] = () => undefined,
): Codec {
  const decoder = new TextDecoder()
  return withText(codec, (message) => {
    const json = decoder.decode(codec.serialize(message))
    return framing === 'lines' ? frame(json, framing) : frame(json, framing, { id: idOf(message) })
  })
}

/** Lines of a server-sent event before its data. */
export interface EventHead {
  readonly id?: string | undefined
  /** Type of the event. Default: `message`. */
  readonly event?: string
}

/** Returns a JSON text in the format of the stream. */
export function frame(json: string, framing: Framing, { id, event }: EventHead = {}): string {
  if (framing === 'lines') return `${json}\n`
  const first = id === undefined ? '' : `id: ${id}\n`
  return `${first}${event === undefined ? '' : `event: ${event}\n`}data: ${json}\n\n`
}

type ToText = (message: Parameters<Codec['serialize']>[0]) => string

function withText(codec: Codec, toText: ToText): Codec {
  const serialize: Codec['serialize'] = (message, headBytes = 0) =>
    encoder.encode(' '.repeat(headBytes) + toText(message))
  return {
    ...codec,
    hasBytes: false,
    serialize,
    write: (writer, message) => writer.raw(serialize(message)),
  }
}

/** Messages whose JSON is no object, so that one that is not set is null. */
const noObject = /^google\.protobuf\.(?:Timestamp|Duration|FieldMask|\w*Value)$/

/** Returns the JSON of a field that is not set. */
function emptyOf(field: DescField): JsonValue {
  if (field.fieldKind === 'list') return []
  if (field.fieldKind === 'map') return {}
  if (field.fieldKind === 'message') return noObject.test(field.message.typeName) ? null : {}
  if (field.fieldKind === 'enum') return field.enum.values[0]?.name ?? 0
  const { scalar } = field
  if (scalar === ScalarType.BOOL) return false
  return scalar === ScalarType.STRING || scalar === ScalarType.BYTES ? '' : 0
}
