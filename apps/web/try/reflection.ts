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

/** What a server says of itself: its services, and every type they speak in. */
export interface Reflected {
  readonly services: readonly DescService[]
  readonly registry: FileRegistry
}

type Question = MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']

const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'

/** Asks the server at the base URL what it serves, in two requests. Rejects when it does not answer. */
export async function reflect(baseUrl: string, signal: AbortSignal): Promise<Reflected> {
  const [listed] = await ask(baseUrl, [{ case: 'listServices', value: '' }], signal)
  const names = listed?.case === 'listServicesResponse' ? listed.value.service : []
  const questions = names.map(
    ({ name }) => ({ case: 'fileContainingSymbol', value: name }) as const,
  )
  const answers = await ask(baseUrl, questions, signal)
  const files = answers.flatMap((answer) =>
    answer.case === 'fileDescriptorResponse' ? answer.value.fileDescriptorProto : [],
  )
  const registry = registryOf(files.map((file) => fromBinary(FileDescriptorProtoSchema, file)))
  const services = names.map(({ name }) => registry.getService(name))
  return { registry, services: services.filter((service) => service !== undefined) }
}

/**
 * Several questions in one request: reflection is a stream both ways, which a browser cannot send, but a
 * stream that is sent whole is one too.
 */
async function ask(
  baseUrl: string,
  questions: readonly Question[],
  signal: AbortSignal,
): Promise<ServerReflectionResponse['messageResponse'][]> {
  const response = await fetch(baseUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/connect+proto', 'connect-protocol-version': '1' },
    body: encodeEnvelopes(...questions.map(envelopeOf)),
    signal,
  })
  if (!response.ok || response.body === null) {
    const fallback = new ConnectError(`HTTP ${response.status}`, Code.Unavailable)
    throw errorFromJsonBytes(new Uint8Array(await response.arrayBuffer()), undefined, fallback)
  }
  const answers: ServerReflectionResponse['messageResponse'][] = []
  for await (const { flags, data } of createEnvelopeReadableStream(response.body)) {
    if (flags & endStreamFlag) {
      const { error } = endStreamFromJson(data)
      if (error) throw error
      return answers
    }
    answers.push(refuseErrors(fromBinary(ServerReflectionResponseSchema, data)))
  }
  throw new ConnectError(
    'the reflection stream ended without its end-of-stream message',
    Code.DataLoss,
  )
}

function envelopeOf(messageRequest: Question) {
  const request = create(ServerReflectionRequestSchema, { messageRequest })
  return { flags: 0, data: toBinary(ServerReflectionRequestSchema, request) }
}

function refuseErrors({ messageResponse }: ServerReflectionResponse) {
  if (messageResponse.case !== 'errorResponse') return messageResponse
  throw new ConnectError(messageResponse.value.errorMessage, messageResponse.value.errorCode)
}
