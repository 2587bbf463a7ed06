import {
  type DescExtension,
  type DescFile,
  type DescService,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { nestedTypes } from '@bufbuild/protobuf/reflect'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Code } from '@connectrpc/connect'
import { quoted } from '../errors/text.ts'
import { file_google_rpc_error_details } from '../gen/google/rpc/error_details_pb.ts'
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponseSchema,
} from '../gen/grpc/reflection/v1/reflection_pb.ts'
import { ServerReflection as ServerReflectionAlpha } from '../gen/grpc/reflection/v1alpha/reflection_pb.ts'
import type { RpcRouter } from '../router.ts'
import { symbolsOf } from './symbols.ts'

type Reply = MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']

/**
 * Server reflection v1 and v1alpha for the services
 * (https://github.com/grpc/grpc-proto/tree/master/grpc/reflection), from the descriptors in the
 * generated code. The response for a file includes the files that it imports. The details of errors
 * (`google/rpc/error_details.proto`) are described too.
 * @param services read at the first call, so that services may be added before it.
 */
export function addReflection(router: RpcRouter, services: Iterable<DescService>): void {
  let described: Described | undefined
  async function* serverReflectionInfo(
    requests: AsyncIterable<Pick<ServerReflectionRequest, 'host' | 'messageRequest'>>,
  ) {
    described ??= describe(services)
    const { index, names } = described
    const sent = new Set<DescFile>()
    for await (const { host, messageRequest } of requests) {
      const messageResponse = respond(messageRequest, index, names, sent)
      yield { validHost: host, originalRequest: { host, messageRequest }, messageResponse }
    }
  }
  router.service(ServerReflection, { serverReflectionInfo })
  // The two versions differ in nothing but the package.
  router.service(ServerReflectionAlpha, { serverReflectionInfo } as never)
}

type Described = ReturnType<typeof describe>

function describe(services: Iterable<DescService>) {
  const all = [...services, ServerReflection, ServerReflectionAlpha]
  return {
    index: createIndex([...all.map((service) => service.file), file_google_rpc_error_details]),
    names: all.map((service) => ({ name: service.typeName })),
  }
}

function respond(
  request: ServerReflectionRequest['messageRequest'],
  index: Index,
  services: { name: string }[],
  sent: Set<DescFile>,
): Reply {
  switch (request.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: services } }
    case 'fileByFilename':
      return files(index.files.get(request.value), `file ${quoted(request.value)}`, sent)
    case 'fileContainingSymbol':
      return files(index.symbols.get(request.value), `symbol ${quoted(request.value)}`, sent)
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = request.value
      const found = index.extensions.get(containingType)?.get(extensionNumber)
      return files(found?.file, `extension ${extensionNumber} of ${quoted(containingType)}`, sent)
    }
    case 'allExtensionNumbersOfType': {
      const numbers = index.extensions.get(request.value)
      if (numbers === undefined && !index.messages.has(request.value)) {
        return notFound(`type ${quoted(request.value)}`)
      }
      const value = {
        baseTypeName: request.value,
        extensionNumber: [...(numbers?.keys() ?? [])],
      }
      return { case: 'allExtensionNumbersResponse', value }
    }
    case undefined:
      return failure(
        Code.InvalidArgument,
        'the request is empty: name a file, a symbol, an extension or a type',
      )
    default:
      return request satisfies never
  }
}

/** Returns the file and its imports, without those that this stream has sent before. */
function files(file: DescFile | undefined, name: string, sent: Set<DescFile>): Reply {
  if (file === undefined) return notFound(name)
  sent.delete(file)
  const found: DescFile[] = []
  const visit = (next: DescFile) => {
    if (sent.has(next)) return
    sent.add(next)
    found.push(next)
    next.dependencies.forEach(visit)
  }
  visit(file)
  const fileDescriptorProto = found.map((one) => toBinary(FileDescriptorProtoSchema, one.proto))
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
}

function notFound(name: string): Reply {
  return failure(Code.NotFound, `${name} is unknown: list the services with list_services`)
}

function failure(errorCode: Code, errorMessage: string): Reply {
  return { case: 'errorResponse', value: { errorCode, errorMessage } }
}

interface Index {
  readonly files: ReadonlyMap<string, DescFile>
  /** File of each declaration, by full name. */
  readonly symbols: ReadonlyMap<string, DescFile>
  /** Full names of the message types. */
  readonly messages: ReadonlySet<string>
  /** By full name of the extended type, and number of the field. */
  readonly extensions: ReadonlyMap<string, ReadonlyMap<number, DescExtension>>
}

function createIndex(roots: readonly DescFile[]): Index {
  const files = new Map<string, DescFile>()
  const symbols = new Map<string, DescFile>()
  const messages = new Set<string>()
  const extensions = new Map<string, Map<number, DescExtension>>()
  const visit = (file: DescFile) => {
    const path = `${file.name}.proto`
    if (files.has(path)) return
    files.set(path, file)
    for (const name of symbolsOf(file.proto)) symbols.set(name, file)
    for (const type of nestedTypes(file)) {
      if (type.kind === 'message') messages.add(type.typeName)
      if (type.kind !== 'extension') continue
      const extended = type.extendee.typeName
      const numbers = extensions.get(extended) ?? new Map<number, DescExtension>()
      extensions.set(extended, numbers.set(type.number, type))
    }
    file.dependencies.forEach(visit)
  }
  roots.forEach(visit)
  return { files, symbols, messages, extensions }
}
