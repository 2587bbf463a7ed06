import { setTimeout as delay } from 'node:timers/promises'
import { create, createRegistry, type Message } from '@bufbuild/protobuf'
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt'
import {
  type CallOptions,
  type Client,
  ConnectError,
  createClient,
  type Transport,
} from '@connectrpc/connect'
import {
  type ClientCompatRequest,
  type ClientResponseResult,
  ClientResponseResultSchema,
} from '../../gen/connectrpc/conformance/v1/client_compat_pb.ts'
import { StreamType } from '../../gen/connectrpc/conformance/v1/config_pb.ts'
import {
  type BidiStreamRequest,
  type ClientStreamRequest,
  type ConformancePayload,
  ConformancePayloadSchema,
  ConformanceService,
  file_connectrpc_conformance_v1_service,
  type IdempotentUnaryRequest,
  type ServerStreamRequest,
  type UnaryRequest,
} from '../../gen/connectrpc/conformance/v1/service_pb.ts'
import { addFields, toErrorDefinition, toHeaders } from './request-info.ts'

type ConformanceClient = Client<typeof ConformanceService>

const registry = createRegistry(file_connectrpc_conformance_v1_service)

/**
 * Makes the call that a case describes, and returns the outcome. Rejects when the case cannot be
 * run.
 */
export async function makeCall(
  transport: Transport,
  request: ClientCompatRequest,
): Promise<ClientResponseResult> {
  const call = createCall(request)
  const { result } = call
  const responses = start(createClient(ConformanceService, transport), call)
  try {
    for await (const { payload } of responses) {
      result.payloads.push(payload ?? create(ConformancePayloadSchema))
      call.received()
    }
  } catch (thrown) {
    recordError(result, ConnectError.from(thrown))
  }
  call.end()
  return result
}

interface Answer {
  readonly payload?: ConformancePayload | undefined
}

function start(client: ConformanceClient, call: Call): AsyncIterable<Answer> {
  const { method } = call.request
  switch (method) {
    case 'Unary':
      return one(() => client.unary(call.only<UnaryRequest>(), call.options))
    case 'IdempotentUnary':
      return one(() => client.idempotentUnary(call.only<IdempotentUnaryRequest>(), call.options))
    case 'Unimplemented':
      return one(async () => {
        await client.unimplemented({}, call.options)
        return {}
      })
    case 'ServerStream':
      return client.serverStream(call.only<ServerStreamRequest>(), call.options)
    case 'ClientStream':
      return one(() => client.clientStream(call.requests<ClientStreamRequest>(), call.options))
    case 'BidiStream':
      return client.bidiStream(call.requests<BidiStreamRequest>(), call.options)
    default:
      throw new Error(`there is no method ${method}`)
  }
}

async function* one(call: () => Promise<Answer>): AsyncGenerator<Answer> {
  yield await call()
}

/** A call in flight. */
interface Call {
  readonly request: ClientCompatRequest
  readonly options: CallOptions
  readonly result: ClientResponseResult
  /** Returns the message of a call that sends one. */
  only<T extends Message>(): T
  /** Returns the messages of any other call, each in its time. */
  requests<T extends Message>(): AsyncIterable<T>
  /** Reports a message that was received. */
  received(): void
  /** Reports the end of the messages. */
  end(): void
}

function createCall(request: ClientCompatRequest): Call {
  const { requestMessages, requestDelayMs, timeoutMs, streamType } = request
  const result = create(ClientResponseResultSchema)
  const headers = new Headers()
  addFields(headers, request.requestHeaders)
  const leaving = new AbortController()
  const { beforeCloseSend, afterCloseSendMs, afterResponseCount } = cancelTimes(request)
  const isFullDuplex = streamType === StreamType.FULL_DUPLEX_BIDI_STREAM
  let responseCount = 0
  let turn = Promise.withResolvers<void>()

  function sent(): void {
    if (afterCloseSendMs !== undefined) setTimeout(() => leaving.abort(), afterCloseSendMs)
  }

  async function* send<T extends Message>(): AsyncGenerator<T> {
    for (const [index, packed] of requestMessages.entries()) {
      await delay(requestDelayMs)
      yield unpack<T>(packed)
      result.numUnsentRequests = requestMessages.length - index - 1
      while (isFullDuplex && responseCount <= index) await turn.promise
    }
    if (beforeCloseSend) leaving.abort()
    else sent()
  }

  return {
    request,
    result,
    options: {
      headers,
      signal: leaving.signal,
      ...(timeoutMs !== undefined && { timeoutMs }),
      onHeader: (fields) => {
        result.responseHeaders = toHeaders(fields)
      },
      onTrailer: (fields) => {
        result.responseTrailers = toHeaders(fields)
      },
    },
    only<T extends Message>() {
      const [packed] = requestMessages
      if (packed === undefined || requestMessages.length > 1)
        throw new Error('it takes one message')
      sent()
      return unpack<T>(packed)
    },
    requests: send,
    received() {
      responseCount++
      if (responseCount === afterResponseCount) leaving.abort()
      turn.resolve()
      turn = Promise.withResolvers()
    },
    end() {
      responseCount = Number.POSITIVE_INFINITY
      turn.resolve()
    },
  }
}

/** Returns when the call is to be cancelled. */
function cancelTimes({ cancel }: ClientCompatRequest) {
  if (cancel === undefined) return {}
  const { cancelTiming } = cancel
  switch (cancelTiming.case) {
    case 'beforeCloseSend':
      return { beforeCloseSend: true }
    case 'afterNumResponses':
      return { afterResponseCount: cancelTiming.value }
    default:
      return { afterCloseSendMs: cancelTiming.value ?? 0 }
  }
}

function unpack<T extends Message>(packed: Any): T {
  const message = anyUnpack(packed, registry)
  if (message === undefined) throw new Error(`${packed.typeUrl} is unknown`)
  return message as T
}

function recordError(result: ClientResponseResult, error: ConnectError): void {
  result.error = toErrorDefinition(error)
  // An error has headers and trailers together, if they were not reported before.
  const fields = toHeaders(error.metadata)
  if (result.responseHeaders.length === 0) result.responseHeaders = fields
  if (result.responseTrailers.length === 0) result.responseTrailers = fields
}
