import { fromBinary, type Registry, toJsonString } from '@bufbuild/protobuf'
import type { ConnectError } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import type { CallError, ErrorDetail } from './call.ts'

/** The error as the page shows it, with the details whose types are in the registry decoded. */
export function callErrorOf(error: ConnectError, registry: Registry): CallError {
  return {
    code: codeToString(error.code),
    message: error.rawMessage,
    details: error.details.flatMap((detail) =>
      'type' in detail && typeof detail.type === 'string'
        ? [decodeDetail(detail.type, detail.value as Uint8Array, registry)]
        : [],
    ),
  }
}

function decodeDetail(typeName: string, value: Uint8Array, registry: Registry): ErrorDetail {
  const type = registry.getMessage(typeName)
  if (type === undefined) return { typeName }
  const json = toJsonString(type, fromBinary(type, value), { registry, prettySpaces: 2 })
  return { typeName, json }
}
