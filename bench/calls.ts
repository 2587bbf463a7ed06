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

/** A call, and the answer that every peer has to give. */
export interface Call<I extends DescMessage, O extends DescMessage> {
  /** The case's name. */
  readonly name: string
  readonly wire: Wire
  readonly method: DescMethodUnary<I, O> | DescMethodServerStreaming<I, O>
  readonly request: MessageInitShape<I>
  /** One message, or those of the stream. */
  readonly answer: readonly MessageInitShape<O>[]
  /** Calls under way on each connection: 32 unless told. */
  readonly streamCount?: number
  /** The fewest calls of a run: 2,000 unless told. */
  readonly requestCountMin?: number
}

const streamCountDefault = 32
const askTimeoutMs = 10_000
/** How much of a wrong answer is shown. */
const shownCharsMax = 300

/** Makes the call once, by a client that knows the protocol. */
export async function ask<I extends DescMessage, O extends DescMessage>(
  { wire, method, request }: Pick<Call<I, O>, 'wire' | 'method' | 'request'>,
  peer: Peer,
): Promise<MessageShape<O>[]> {
  const transport = wire.connect(originOf(wire, peer))
  if (method.methodKind === 'unary') return [await askOne(transport, method, request)]
  const signal = AbortSignal.timeout(askTimeoutMs)
  const requests = asyncFrom([request])
  const response = await transport.stream(method, signal, undefined, undefined, requests)
  return await Array.fromAsync(response.message)
}

async function askOne<I extends DescMessage, O extends DescMessage>(
  transport: Transport,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  const response = await transport.unary(method, undefined, askTimeoutMs, undefined, request)
  return response.message
}

async function* asyncFrom<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values
}

/** Asks, and throws unless the answer is the right one. */
export async function checkAnswer<I extends DescMessage, O extends DescMessage>(
  call: Call<I, O>,
  peer: Peer,
): Promise<void> {
  const schema = call.method.output
  const answer = await ask(call, peer)
  const right = call.answer.map((message) => create(schema, message))
  const isRight = (message: MessageShape<O>, index: number) => {
    const expected = right[index]
    return expected !== undefined && equals(schema, message, expected)
  }
  if (answer.length === right.length && answer.every(isRight)) return
  const show = (messages: readonly MessageShape<O>[]) => {
    const text = messages.map((message) => toJsonString(schema, message)).join()
    return `${text.slice(0, shownCharsMax)} (messages: ${messages.length})`
  }
  throw new Error(`it answers ${show(answer)} instead of ${show(right)}`)
}

/** Writes the body of the call's requests to a file, and answers how a peer is loaded with the call. */
export async function prepareLoad<I extends DescMessage, O extends DescMessage>(
  call: Call<I, O>,
  folder: string,
): Promise<(peer: Peer) => Load> {
  const { wire, method, streamCount = streamCountDefault } = call
  const bodyFile = join(folder, `${call.name}.request`)
  await writeFile(bodyFile, wire.encode(method.input, create(method.input, call.request)))
  const answerBytes = call.answer.map(
    (message) => wire.encode(method.output, create(method.output, message)).length,
  )
  return (peer) => ({
    url: `${originOf(wire, peer)}/${method.parent.typeName}/${method.name}`,
    httpVersion: wire.httpVersion,
    streamCount,
    headers: wire.headers,
    bodyFile,
    answerBytesMin: answerBytes.reduce((sum, bytes) => sum + bytes, 0),
  })
}

function originOf({ httpVersion }: Wire, peer: Peer): string {
  const origin = peer.origins[httpVersion]
  if (origin === undefined) throw new Error(`${peer.name} does not speak HTTP/${httpVersion}`)
  return origin
}
