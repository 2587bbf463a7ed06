import { fromBinary, type Registry, toJsonString } from '@bufbuild/protobuf'
import type { ConnectError } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import type { CallError, ErrorDetail } from './call.ts'

/** The error in words, its details decoded as far as their types are in the registry. */
export function callErrorOf(error: ConnectError, registry: Registry): CallError {
  return {
    code: codeToString(error.code),
    message: error.rawMessage,
    details: error.details.flatMap((detail) =>
      'type' in detail && typeof detail.type === 'string'
        ? [decoded(detail.type, detail.value as Uint8Array, registry)]
        : [],
    ),
  }
}

function decoded(typeName: string, value: Uint8Array, registry: Registry): ErrorDetail {
  const type = registry.getMessage(typeName)
  if (type === undefined) return { typeName }
  const json = toJsonString(type, fromBinary(type, value), { registry, prettySpaces: 2 })
  return { typeName, json }
}
