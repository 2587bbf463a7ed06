import {
  create,
  type DescService,
  type FileRegistry,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { createEnvelopeReadableStream, encodeEnvelopes } from '@connectrpc/connect/protocol'
import {
  endStreamFlag,
  endStreamFromJson,
  errorFromJsonBytes,
} from '@connectrpc/connect/protocol-connect'
import {
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '@marquee/connect-hono/gen/grpc/reflection/v1/reflection_pb'
import { registryOf } from './file-registry.ts'

/** A server's services and all their types. */
export interface Reflected {
  readonly services: readonly DescService[]
  readonly registry: FileRegistry
}

type ReflectionRequest = MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']

const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'

/** Loads the services of the server at the base URL, in two requests. */
export async function reflect(baseUrl: string, signal: AbortSignal): Promise<Reflected> {
  const [listed] = await sendAll(baseUrl, [{ case: 'listServices', value: '' }], signal)
  const names = listed?.case === 'listServicesResponse' ? listed.value.service : []
  const requests = names.map(({ name }) => ({ case: 'fileContainingSymbol', value: name }) as const)
  const responses = await sendAll(baseUrl, requests, signal)
  const files = responses.flatMap((response) =>
    response.case === 'fileDescriptorResponse' ? response.value.fileDescriptorProto : [],
  )
  const registry = registryOf(files.map((file) => fromBinary(FileDescriptorProtoSchema, file)))
  const services = names.map(({ name }) => registry.getService(name))
  return { registry, services: services.filter((service) => service !== undefined) }
}

/**
 * Sends all reflection requests in one HTTP request. Reflection is a bidirectional stream, which a
 * browser can only send whole.
 */
async function sendAll(
  baseUrl: string,
  requests: readonly ReflectionRequest[],
  signal: AbortSignal,
): Promise<ServerReflectionResponse['messageResponse'][]> {
  const response = await fetch(baseUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/connect+proto', 'connect-protocol-version': '1' },
    body: encodeEnvelopes(...requests.map(envelopeOf)),
    signal,
  })
  if (!response.ok || response.body === null) {
    const fallback = new ConnectError(`HTTP ${response.status}`, Code.Unavailable)
    throw errorFromJsonBytes(new Uint8Array(await response.arrayBuffer()), undefined, fallback)
  }
  const responses: ServerReflectionResponse['messageResponse'][] = []
  for await (const { flags, data } of createEnvelopeReadableStream(response.body)) {
    if (flags & endStreamFlag) {
      const { error } = endStreamFromJson(data)
      if (error) throw error
      return responses
    }
    responses.push(throwIfError(fromBinary(ServerReflectionResponseSchema, data)))
  }
  throw new ConnectError(
    'the reflection stream ended without its end-of-stream message',
    Code.DataLoss,
  )
}

function envelopeOf(messageRequest: ReflectionRequest) {
  const request = create(ServerReflectionRequestSchema, { messageRequest })
  return { flags: 0, data: toBinary(ServerReflectionRequestSchema, request) }
}

function throwIfError({ messageResponse }: ServerReflectionResponse) {
  if (messageResponse.case !== 'errorResponse') return messageResponse
  throw new ConnectError(messageResponse.value.errorMessage, messageResponse.value.errorCode)
}
