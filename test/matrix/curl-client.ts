import {
  create,
  type DescMessage,
  type DescMethod,
  fromJsonString,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { EnvelopedMessage } from '@connectrpc/connect/protocol'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { tool } from '@marquee/testing/tools'
import {
  type Binding,
  binaryOnly,
  type CallOptions,
  type Client,
  type Protocol,
  type Session,
} from './client.ts'
import { only, startCommand } from './command.ts'
import { createCurlRestSession } from './curl-rest.ts'
import {
  envelopeTypes,
  failureOf,
  readAnswer,
  readEnvelopes,
  toEnvelope,
  toFields,
} from './curl-wire.ts'

const found = tool('curl')

/**
 * curl, with bytes that the test encodes and decodes for each protocol. It shows exactly what the
 * service sent, without a library.
 */
export const curlClient: Client = {
  name: 'curl',
  keepsTime: false,
  gaps: [binaryOnly],
  found:
    'missing' in found
      ? found
      : { value: async (binding, url) => createCurlSession(found.value, binding, url) },
}

/** A method of any kind. */
type Method<I, O> = DescMethod & { readonly input: I; readonly output: O }

function createCurlSession(binary: string, { protocol, http }: Binding, url: string): Session {
  if (protocol === 'rest') return createCurlRestSession(binary, http, url)
  const version = http === '2' ? '--http2-prior-knowledge' : '--http1.1'
  const curl = [binary, '--silent', '--verbose', '--no-buffer', version]

  async function* inEnvelopes<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    requests: readonly MessageInitShape<I>[],
    options: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    const fields = toFields(protocol, envelopeTypes[protocol], options)
    const body = requests.map((one) => toEnvelope(JSON.stringify(toObject(method, one))))
    const line = [...curl, ...toFlags(fields), '--data-binary', '@-', urlOf(url, method)]
    await using command = startCommand(line, Buffer.concat(body), options.signal)
    let end: EnvelopedMessage | undefined
    for await (const envelope of readEnvelopes(command.stdout)) {
      if (envelope.flags !== 0) end = envelope
      else yield fromJsonString(method.output, Buffer.from(envelope.data).toString())
    }
    const { code, stderr } = await command.ended
    if (options.signal?.aborted) throw new ConnectError('curl was ended', Code.Canceled)
    if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`)
    const failure = failureOf(readAnswer(stderr), end)
    if (failure !== undefined) throw failure
  }

  async function plain<I extends DescMessage, O extends DescMessage>(
    { contentType, argsOf }: PlainCall,
    method: Method<I, O>,
    message: MessageInitShape<I>,
    options: CallOptions,
  ): Promise<MessageShape<O>> {
    const request = toObject(method, message)
    const fields = toFlags(toFields(protocol, contentType, options))
    const line = [...curl, ...fields, ...argsOf(url, method, request)]
    await using command = startCommand(line, JSON.stringify(request))
    const response = Buffer.concat(await Array.fromAsync(command.stdout)).toString()
    const { stderr } = await command.ended
    if (readAnswer(stderr).status === 200) return fromJsonString(method.output, response)
    const unreadable = new ConnectError(`${stderr}\n${response}`, Code.Unknown)
    throw errorFromJson(JSON.parse(response) as JsonValue, undefined, unreadable)
  }

  return {
    unary(method, request, options) {
      const call = plainCalls[protocol]
      if (call !== undefined) return plain(call, method, request, options)
      return only(inEnvelopes(method, [request], options))
    },
    serverStream: (method, request, options) => inEnvelopes(method, [request], options),
    clientStream: (method, requests, options) => only(inEnvelopes(method, requests, options)),
    async [Symbol.asyncDispose]() {},
  }
}

interface PlainCall {
  readonly contentType?: string
  argsOf(url: string, method: DescMethod, request: JsonObject): string[]
}

/** Unary calls without envelopes, with the request on standard input. */
const plainCalls: Readonly<Partial<Record<Protocol, PlainCall>>> = {
  connect: {
    contentType: 'application/json',
    argsOf: (url, method) => ['--data-binary', '@-', urlOf(url, method)],
  },
  'connect-get': {
    argsOf(url, method, request) {
      const message = JSON.stringify(request)
      const query = new URLSearchParams({ connect: 'v1', encoding: 'json', message })
      return [`${urlOf(url, method)}?${query}`]
    },
  },
}

function toFlags(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields).flatMap(([name, value]) => ['--header', `${name}: ${value}`])
}

function urlOf(url: string, method: DescMethod): string {
  return `${url}/${method.parent.typeName}/${method.name}`
}

function toObject<I extends DescMessage>(method: { input: I }, request: MessageInitShape<I>) {
  return toJson(method.input, create(method.input, request)) as JsonObject
}
