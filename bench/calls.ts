import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  equals,
  type MessageInitShape,
  type MessageShape,
  toJsonString,
} from '@bufbuild/protobuf'
import type { Transport } from '@connectrpc/connect'
import type { Peer } from './bench.ts'
import type { Load } from './load.ts'
import type { Wire } from './wire.ts'

/** A call, and the response that every peer must return. */
export interface Call<I extends DescMessage, O extends DescMessage> {
  /** Name of the case. */
  readonly name: string
  readonly wire: Wire
  readonly method: DescMethodUnary<I, O> | DescMethodServerStreaming<I, O>
  readonly request: MessageInitShape<I>
  /** The response message, or the messages of the response stream. */
  readonly response: readonly MessageInitShape<O>[]
  /** Default: 8. */
  readonly connectionCount?: number
  /** Calls in flight on each connection. Default: 32. */
  readonly streamCount?: number
  /** Minimum number of calls of a run. Default: 2,000. */
  readonly requestCountMin?: number
}

/** Default number of connections of a load. */
export const connectionCountDefault = 8
const streamCountDefault = 32
const callTimeoutMs = 10_000
/** Maximum length of a wrong response in an error message. */
const shownCharsMax = 300

/** Makes the call once with a client of the protocol, and returns the response messages. */
export async function callOnce<I extends DescMessage, O extends DescMessage>(
  { wire, method, request }: Pick<Call<I, O>, 'wire' | 'method' | 'request'>,
  peer: Peer,
): Promise<MessageShape<O>[]> {
  const transport = wire.connect(originOf(wire, peer))
  if (method.methodKind === 'unary') return [await callUnary(transport, method, request)]
  const signal = AbortSignal.timeout(callTimeoutMs)
  const requests = asyncFrom([request])
  const response = await transport.stream(method, signal, undefined, undefined, requests)
  return await Array.fromAsync(response.message)
}

async function callUnary<I extends DescMessage, O extends DescMessage>(
  transport: Transport,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  const response = await transport.unary(method, undefined, callTimeoutMs, undefined, request)
  return response.message
}

async function* asyncFrom<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values
}

/** Makes the call once. Throws when the response is wrong. */
export async function checkResponse<I extends DescMessage, O extends DescMessage>(
  call: Call<I, O>,
  peer: Peer,
): Promise<void> {
  const schema = call.method.output
  const response = await callOnce(call, peer)
  const expectedMessages = call.response.map((message) => create(schema, message))
  const isExpected = (message: MessageShape<O>, index: number) => {
    const expected = expectedMessages[index]
    return expected !== undefined && equals(schema, message, expected)
  }
  if (response.length === expectedMessages.length && response.every(isExpected)) return
  const show = (messages: readonly MessageShape<O>[]) => {
    const text = messages.map((message) => toJsonString(schema, message)).join()
    return `${text.slice(0, shownCharsMax)} (messages: ${messages.length})`
  }
  throw new Error(`wrong response: got ${show(response)} instead of ${show(expectedMessages)}`)
}

/** Writes the request body to a file, and returns a function that returns the load for a peer. */
export async function prepareLoad<I extends DescMessage, O extends DescMessage>(
  call: Call<I, O>,
  folder: string,
): Promise<(peer: Peer) => Load> {
  const { wire, method, streamCount = streamCountDefault } = call
  const { connectionCount = connectionCountDefault } = call
  const bodyFile = join(folder, `${call.name}.request`)
  await writeFile(bodyFile, wire.encode(method.input, create(method.input, call.request)))
  const responseBytes = call.response.map(
    (message) => wire.encode(method.output, create(method.output, message)).length,
  )
  return (peer) => ({
    url: `${originOf(wire, peer)}/${method.parent.typeName}/${method.name}`,
    httpVersion: wire.httpVersion,
    connectionCount,
    streamCount,
    headers: wire.headers,
    bodyFile,
    responseBytesMin: responseBytes.reduce((sum, bytes) => sum + bytes, 0),
  })
}

function originOf({ httpVersion }: Wire, peer: Peer): string {
  const origin = peer.origins[httpVersion]
  if (origin === undefined) throw new Error(`${peer.name} does not speak HTTP/${httpVersion}`)
  return origin
}
