import { create, toBinary } from '@bufbuild/protobuf'
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt'
import { type Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import {
  ConformancePayload_ConnectGetInfoSchema as ConnectGetInfoSchema,
  type Error as ErrorDefinition,
  ErrorSchema,
  type Header,
  HeaderSchema,
  type ConformancePayload_RequestInfo as RequestInfo,
  ConformancePayload_RequestInfoSchema as RequestInfoSchema,
} from '../../gen/connectrpc/conformance/v1/service_pb.ts'

/** Returns what a response reports about its request. */
export function requestInfo(context: HandlerContext, requests: Any[]): RequestInfo {
  const timeoutMs = context.timeoutMs()
  const info = create(RequestInfoSchema, {
    requests,
    requestHeaders: toHeaders(context.requestHeader),
  })
  if (timeoutMs !== undefined) info.timeoutMs = BigInt(Math.ceil(timeoutMs))
  if (context.requestMethod !== 'GET') return info
  const queryParams = toHeaders(new URL(context.url).searchParams)
  info.connectGetInfo = create(ConnectGetInfoSchema, { queryParams })
  return info
}

/** Adds headers or trailers to a response. */
export function addFields(target: Headers, fields: readonly Header[]): void {
  for (const { name, value } of fields) {
    for (const one of value) target.append(name, one)
  }
}

/**
 * Returns the error that a request asks for. It has the request's information unless a message had
 * it.
 */
export function toConnectError(error: ErrorDefinition, info?: RequestInfo): ConnectError {
  const failure = new ConnectError(error.message ?? '', error.code as number as Code)
  failure.details = error.details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1),
    value,
  }))
  if (info !== undefined) {
    failure.details.push({ type: info.$typeName, value: toBinary(RequestInfoSchema, info) })
  }
  return failure
}

/** Returns headers in the format of the suite. */
export function toHeaders(fields: Iterable<[string, string]>): Header[] {
  return [...fields].map(([name, value]) => create(HeaderSchema, { name, value: [value] }))
}

/** Returns an error in the format of the suite. */
export function toErrorDefinition({ code, rawMessage, details }: ConnectError): ErrorDefinition {
  return create(ErrorSchema, {
    code: code as number as ErrorDefinition['code'],
    message: rawMessage,
    details: details.flatMap((detail) =>
      'type' in detail
        ? [
            create(AnySchema, {
              typeUrl: `type.googleapis.com/${detail.type}`,
              value: detail.value,
            }),
          ]
        : [],
    ),
  })
}
