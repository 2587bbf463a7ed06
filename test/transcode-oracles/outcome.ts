import { type DescMethod, type DescService, fromBinary, type Message } from '@bufbuild/protobuf'
import type { Code } from '@connectrpc/connect'
import { codeFromString } from '@connectrpc/connect/protocol-connect'
import { exactIntegersOf } from '@marquee/connect-hono/protobuf/exact-integers'
import { requestHeader } from './echo.ts'
import type { RawResponse } from './http-client.ts'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Response of a gateway, with the call of the handler, in one form for all gateways. */
export interface Outcome {
  readonly status: number
  /** Media type, without parameters. */
  readonly type: string
  /** Methods of `Allow`, in alphabetical order. */
  readonly allow: readonly string[]
  /** RPC that was called, with its request. `undefined` when the request did not get that far. */
  readonly call: { readonly rpc: DescMethod; readonly request: Message } | undefined
  /** Error, also one after messages of a stream. */
  readonly error: Failure | undefined
  /** Bodies of the messages: one without an error, several for a stream of responses. */
  readonly messages: readonly Json[]
}

export interface Failure {
  /** `undefined` for a body that is no error of an RPC. */
  readonly code: Code | undefined
  readonly message: string
}

const lineTypes = new Set(['application/x-ndjson', 'application/jsonl'])

/** Reads a response of `packages/transcode`. */
export function readOurs(service: DescService, response: RawResponse): Outcome {
  const head = headOf(service, response)
  const text = response.body.toString()
  if (head.status >= 400) return { ...head, error: ourFailure(parse(text), text), messages: [] }
  if (text === '') return { ...head, error: undefined, messages: [] }
  if (!lineTypes.has(head.type))
    return { ...head, error: undefined, messages: [parseExactly(text)] }
  const lines = jsonLines(text)
  const last = lines.at(-1)
  const error = isObject(last) && 'error' in last ? ourFailure(last.error, '') : undefined
  return { ...head, error, messages: error ? lines.slice(0, -1) : lines }
}

/** `undefined` is no JSON. */
function ourFailure(json: Json | undefined, text: string): Failure {
  if (!isObject(json)) return { code: undefined, message: text }
  return { code: codeFromString(String(json.code)), message: String(json.message) }
}

/**
 * Reads a response of an oracle. Its errors are `google.rpc.Status` in JSON. grpc-gateway wraps the
 * messages of a stream: `{"result": …}`.
 */
export function readTheirs(service: DescService, response: RawResponse): Outcome {
  const head = headOf(service, response)
  const text = response.body.toString()
  if (head.status >= 400) return { ...head, error: theirFailure(parse(text), text), messages: [] }
  if (text === '') return { ...head, error: undefined, messages: [] }
  if (head.call === undefined || !isStream(head.call.rpc)) {
    return { ...head, error: undefined, messages: [parseExactly(text)] }
  }
  const lines = jsonLines(text) as { result?: Json; error?: Json }[]
  const error = lines.find((line) => 'error' in line)?.error
  const messages = lines.flatMap(({ result }) => (result === undefined ? [] : [result]))
  const failure = error === undefined ? undefined : theirFailure(error, '')
  return { ...head, type: 'application/x-ndjson', error: failure, messages }
}

/** grpc-gateway fails a stream before its first message with `{"error": …}`. */
function theirFailure(json: Json | undefined, text: string): Failure {
  if (!isObject(json)) return { code: undefined, message: text.trim() }
  const status = isObject(json.error) ? json.error : json
  return { code: Number(status.code), message: String(status.message) }
}

function headOf(service: DescService, { status, headers }: RawResponse) {
  const [type = ''] = (headers.get('content-type') ?? '').split(';')
  const allow = headers.get('allow')?.split(/, ?/).sort() ?? []
  return { status, type, allow, call: callOf(service, headers.get(requestHeader)) }
}

function callOf(service: DescService, header: string | undefined): Outcome['call'] {
  if (header === undefined) return undefined
  const [name, base64 = ''] = header.split(' ')
  const rpc = service.methods.find((method) => method.name === name)
  if (rpc === undefined) throw new Error(`${service.typeName} has no RPC ${name}`)
  return { rpc, request: fromBinary(rpc.input, Uint8Array.from(Buffer.from(base64, 'base64'))) }
}

function isStream({ methodKind }: DescMethod): boolean {
  return methodKind === 'server_streaming'
}

function jsonLines(text: string): Json[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseExactly)
}

const exact = exactIntegersOf(undefined)

/** Parses JSON. Integers beyond 2^53 become strings, so that none is rounded. */
function parseExactly(text: string): Json {
  return JSON.parse(exact(text))
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(json: Json | undefined): json is { [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
