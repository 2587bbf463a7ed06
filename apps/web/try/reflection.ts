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

interface ReflectOptions {
  /** Returns false for a service whose types are not needed. Default: all are loaded. */
  readonly isWanted?: (typeName: string) => boolean
  /** Names of services that the server probably has: they take no second request. Default: none. */
  readonly expected?: readonly string[]
}

/** Loads the services of the server at the base URL, in two requests, or one when all are expected. */
export async function reflect(
  baseUrl: string,
  signal: AbortSignal,
  { isWanted = () => true, expected = [] }: ReflectOptions = {},
): Promise<Reflected> {
  const list = { case: 'listServices', value: '' } as const
  const [listed, ...first] = await sendAll(baseUrl, [list, ...expected.map(containing)], signal)
  if (listed?.case === 'errorResponse') throw errorOf(listed)
  const all = listed?.case === 'listServicesResponse' ? listed.value.service : []
  const names = all.map(({ name }) => name).filter(isWanted)
  const others = names.filter((name) => !expected.includes(name))
  const rest = others.length > 0 ? await sendAll(baseUrl, others.map(containing), signal) : []
  const failed = rest.find((response) => response.case === 'errorResponse')
  if (failed) throw errorOf(failed)
  // An expected service that the server does not have is an error among the first.
  const files = [...first, ...rest].flatMap((response) =>
    response.case === 'fileDescriptorResponse' ? response.value.fileDescriptorProto : [],
  )
  const registry = registryOf(files.map((file) => fromBinary(FileDescriptorProtoSchema, file)))
  const services = names.map((name) => registry.getService(name))
  return { registry, services: services.filter((service) => service !== undefined) }
}

function containing(value: string): ReflectionRequest {
  return { case: 'fileContainingSymbol', value }
}

/**
 * Sends all reflection requests in one HTTP request. Reflection is a bidirectional stream, which a
 * browser can only send whole.
 */
async function sendAll(
  baseUrl: string,
  requests: readonly ReflectionRequest[],
  signal: AbortSignal,
): Promise<Reply[]> {
  const call: Call = {
    baseUrl,
    method: ServerReflection.method.serverReflectionInfo,
    messages: requests.map((messageRequest) =>
      create(ServerReflectionRequestSchema, { messageRequest }),
    ),
    registry: createRegistry(),
    options: { ...defaultCallOptions, format: 'binary', headers },
  }
  const responses: Reply[] = []
  for await (const event of runCall(call, signal)) {
    if (event.kind === 'message') {
      responses.push(fromJsonString(ServerReflectionResponseSchema, event.json).messageResponse)
    }
    if (event.kind === 'end' && event.error) throw new ConnectError(event.error.message)
  }
  return responses
}

type Reply = ServerReflectionResponse['messageResponse']

function errorOf({ value }: Extract<Reply, { case: 'errorResponse' }>): ConnectError {
  return new ConnectError(value.errorMessage, value.errorCode)
}
