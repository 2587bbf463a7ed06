import { setTimeout as delay } from 'node:timers/promises'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { type Any, anyPack } from '@bufbuild/protobuf/wkt'
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import {
  BidiStreamRequestSchema,
  ClientStreamRequestSchema,
  type ConformancePayloadSchema,
  type ConformanceService,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  type StreamResponseDefinition,
  UnaryRequestSchema,
  type UnaryResponseDefinition,
} from '../../gen/connectrpc/conformance/v1/service_pb.ts'
import { addFields, requestInfo, toConnectError } from './request-info.ts'

type Payload = MessageInitShape<typeof ConformancePayloadSchema>

/**
 * The suite's service (gen/connectrpc/conformance/v1/service_pb.ts): each request describes its
 * response. `unimplemented` is missing on purpose.
 */
export const conformance: Partial<ServiceImpl<typeof ConformanceService>> = {
  unary(request, context) {
    return answerOne(request.responseDefinition, [anyPack(UnaryRequestSchema, request)], context)
  },

  idempotentUnary(request, context) {
    const packed = anyPack(IdempotentUnaryRequestSchema, request)
    return answerOne(request.responseDefinition, [packed], context)
  },

  async clientStream(requests, context) {
    const all = await Array.fromAsync(requests)
    const packed = all.map((request) => anyPack(ClientStreamRequestSchema, request))
    return await answerOne(all[0]?.responseDefinition, packed, context)
  },

  async *serverStream(request, context) {
    yield* answerMany(
      request.responseDefinition,
      [anyPack(ServerStreamRequestSchema, request)],
      context,
    )
  },

  async *bidiStream(requests, context) {
    const received: Any[] = []
    let first:
      | { definition: StreamResponseDefinition | undefined; isFullDuplex: boolean }
      | undefined
    let sentCount = 0
    for await (const request of requests) {
      received.push(anyPack(BidiStreamRequestSchema, request))
      first ??= { definition: request.responseDefinition, isFullDuplex: request.fullDuplex }
      if (!first.isFullDuplex) continue
      const { definition } = first
      const data = definition?.responseData[sentCount]
      if (definition === undefined || data === undefined) break
      if (sentCount === 0) addFields(context.responseHeader, definition.responseHeaders)
      if (sentCount === 0) addFields(context.responseTrailer, definition.responseTrailers)
      const requestsSince = received.splice(0)
      const info =
        sentCount === 0 ? requestInfo(context, requestsSince) : { requests: requestsSince }
      await delay(definition.responseDelayMs)
      yield { payload: { data, requestInfo: info } }
      sentCount++
    }
    yield* answerMany(first?.definition, received, context, sentCount)
  },
}

async function answerOne(
  definition: UnaryResponseDefinition | undefined,
  requests: Any[],
  context: HandlerContext,
): Promise<{ payload: Payload }> {
  const info = requestInfo(context, requests)
  if (definition === undefined) return { payload: { requestInfo: info } }
  const { response } = definition
  addFields(context.responseHeader, definition.responseHeaders)
  addFields(context.responseTrailer, definition.responseTrailers)
  await delay(definition.responseDelayMs)
  if (response.case === 'error') throw toConnectError(response.value, info)
  return { payload: { requestInfo: info, ...(response.case && { data: response.value }) } }
}

/** Yields the remaining responses, then throws the error. */
async function* answerMany(
  definition: StreamResponseDefinition | undefined,
  requests: Any[],
  context: HandlerContext,
  sentCount = 0,
): AsyncGenerator<{ payload: Payload }> {
  if (definition === undefined) return
  if (sentCount === 0) {
    addFields(context.responseHeader, definition.responseHeaders)
    addFields(context.responseTrailer, definition.responseTrailers)
  }
  for (const [index, data] of definition.responseData.entries()) {
    if (index < sentCount) continue
    const info = index === 0 ? { requestInfo: requestInfo(context, requests) } : {}
    await delay(definition.responseDelayMs)
    yield { payload: { data, ...info } }
  }
  if (definition.error === undefined) return
  const isAlone = sentCount === 0 && definition.responseData.length === 0
  throw toConnectError(definition.error, isAlone ? requestInfo(context, requests) : undefined)
}
