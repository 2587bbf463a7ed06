import {
  create,
  type DescMessage,
  type DescMethod,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import type { CallOptions, HttpVersion, Session } from './client.ts'
import { type Command, jsonObjects, only, startCommand } from './command.ts'
import { type Answer, readAnswer, toFields } from './curl-wire.ts'

/** An HTTP request of curl. */
export interface RestRequest {
  readonly verb: string
  readonly path: string
  /** Default: none. */
  readonly fields?: Readonly<Record<string, string>>
  /** Default: none. */
  readonly body?: string
}

/** Starts curl, which prints the body of the response, and its headers on standard error. */
export function startCurl(
  [binary, http, url]: readonly [string, HttpVersion, string],
  { verb, path, fields = {}, body }: RestRequest,
  signal?: AbortSignal,
): Command {
  const version = http === '2' ? '--http2-prior-knowledge' : '--http1.1'
  const line = [binary, '--silent', '--verbose', '--no-buffer', version]
  // With --request alone, curl would wait for the body that HEAD does not have.
  line.push(...(verb === 'HEAD' ? ['--head'] : ['--request', verb]))
  for (const [name, value] of Object.entries(fields)) line.push('--header', `${name}: ${value}`)
  if (body !== undefined) line.push('--data-binary', '@-')
  return startCommand([...line, url + path], body ?? '', signal)
}

/** Resolves with a whole response. */
export async function callByCurl(
  target: readonly [string, HttpVersion, string],
  request: RestRequest,
): Promise<Answer & { readonly body: string }> {
  await using command = startCurl(target, request)
  const body = Buffer.concat(await Array.fromAsync(command.stdout)).toString()
  const { stderr } = await command.ended
  return { ...readAnswer(stderr), body }
}

/** curl on the routes of `google.api.http`, with streams as lines of JSON. */
export function createCurlRestSession(binary: string, http: HttpVersion, url: string): Session {
  async function* call<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly input: I; readonly output: O },
    requests: readonly MessageInitShape<I>[],
    options: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    const messages = requests.map((one) => toJson(method.input, create(method.input, one)))
    const request = requestOf(method, messages as JsonObject[])
    const fields = { ...toFields('rest', undefined, options), 'content-type': 'application/json' }
    await using command = startCurl([binary, http, url], { ...request, fields }, options.signal)
    let failure: JsonValue | undefined
    for await (const text of jsonObjects(command.stdout)) {
      const json = JSON.parse(text) as JsonObject
      const failed = json.error ?? (json.code === undefined ? undefined : json)
      if (failed === undefined) yield fromJson(method.output, messageOf(method, json))
      else failure = failed
    }
    const { code, stderr } = await command.ended
    if (options.signal?.aborted) throw new ConnectError('curl was ended', Code.Canceled)
    if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`)
    if (failure !== undefined) throw errorOf(failure)
  }
  return {
    unary: (method, request, options) => only(call(method, [request], options)),
    serverStream: (method, request, options) => call(method, [request], options),
    clientStream: (method, requests, options) => only(call(method, requests, options)),
    async [Symbol.asyncDispose]() {},
  }
}

const { getAggregatedRating, putRating, watchAggregatedRatings, importRatings } =
  RatingService.method

function requestOf({ name }: DescMethod, messages: readonly JsonObject[]): RestRequest {
  const [message = {}] = messages
  const { recordId, userId, recordType, ...others } = message as Record<string, string>
  const movie = `/v1/movies/${encodeURIComponent(recordId ?? '')}`
  switch (name) {
    case getAggregatedRating.name:
      return { verb: 'GET', path: `${movie}/rating` }
    case putRating.name:
      return { verb: 'PUT', path: `${movie}/ratings/${userId}`, body: JSON.stringify(others) }
    case watchAggregatedRatings.name:
      return { verb: 'POST', path: '/v1/aggregatedRatings:watch', body: JSON.stringify(message) }
    case importRatings.name: {
      const body = messages.map((one) => JSON.stringify(one)).join('\n')
      return { verb: 'POST', path: '/v1/ratings:import', body }
    }
    default:
      throw new Error(`the matrix does not call ${name}`)
  }
}

/** Returns the message of a response, which for the rating of one record is the rating itself. */
export function messageOf({ name }: DescMethod, json: JsonObject): JsonObject {
  const isResource = name === getAggregatedRating.name || name === putRating.name
  return isResource ? { aggregatedRating: json } : json
}

/** Returns the error of the body of a response, or of the last line of a stream. */
export function errorOf(json: JsonValue): ConnectError {
  const unreadable = new ConnectError(JSON.stringify(json), Code.Unknown)
  return errorFromJson(json, undefined, unreadable)
}
