import {
  create,
  createRegistry,
  type DescService,
  type FileRegistry,
  fromBinary,
  fromJsonString,
  type MessageInitShape,
} from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { ConnectError } from '@connectrpc/connect'
import {
  ServerReflection,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '@marquee/connect-hono/gen/grpc/reflection/v1/reflection_pb'
import { type Call, defaultCallOptions } from './call.ts'
import { registryOf } from './file-registry.ts'
import { runCall } from './run-call.ts'

/** A server's services and all their types. */
export interface Reflected {
  readonly services: readonly DescService[]
  readonly registry: FileRegistry
}

type ReflectionRequest = MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']

/** Compresses the descriptors to a quarter. */
const headers = [['connect-accept-encoding', 'gzip']] as const

/**
 * Loads the services of the server at the base URL, in two requests.
 * @param isWanted Returns false for a service whose types are not needed. Default: all are loaded.
 */
export async function reflect(
  baseUrl: string,
  signal: AbortSignal,
  isWanted: (typeName: string) => boolean = () => true,
): Promise<Reflected> {
  const [listed] = await sendAll(baseUrl, [{ case: 'listServices', value: '' }], signal)
  const all = listed?.case === 'listServicesResponse' ? listed.value.service : []
  const names = all.filter(({ name }) => isWanted(name))
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
  const call: Call = {
    baseUrl,
    method: ServerReflection.method.serverReflectionInfo,
    messages: requests.map((messageRequest) =>
      create(ServerReflectionRequestSchema, { messageRequest }),
    ),
    registry: createRegistry(),
    options: { ...defaultCallOptions, format: 'binary', headers },
  }
  const responses: ServerReflectionResponse['messageResponse'][] = []
  for await (const event of runCall(call, signal)) {
    if (event.kind === 'message') {
      responses.push(throwIfError(fromJsonString(ServerReflectionResponseSchema, event.json)))
    }
    if (event.kind === 'end' && event.error) throw new ConnectError(event.error.message)
  }
  return responses
}

function throwIfError({ messageResponse }: ServerReflectionResponse) {
  if (messageResponse.case !== 'errorResponse') return messageResponse
  throw new ConnectError(messageResponse.value.errorMessage, messageResponse.value.errorCode)
}
