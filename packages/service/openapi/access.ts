import type { DescMethod } from '@bufbuild/protobuf'
import type { OperationAccess } from '@marquee/transcode/openapi/operation'
import { Access } from '../../../gen/access/v1/access_pb.ts'
import { accessOf } from '../auth/access-rules.ts'

const byRole = (...roles: readonly string[]) => roles.map((role) => ({ bearer: [role] }))

const accesses: Readonly<Partial<Record<Access, OperationAccess>>> = {
  [Access.PUBLIC]: { security: [{}, { bearer: [] }], text: 'Access: everybody.' },
  [Access.USER]: {
    security: [{ bearer: [] }],
    text: 'Access: a token of a user, for data of their own.',
  },
  [Access.EDITOR]: { security: byRole('editor'), text: 'Access: a token with the role `editor`.' },
  [Access.INGEST]: { security: byRole('ingest'), text: 'Access: a token with the role `ingest`.' },
  [Access.OPERATOR]: {
    security: byRole('operator'),
    text: 'Access: a token with the role `operator`, or the admin port.',
  },
  [Access.SERVICE]: {
    security: byRole('service', 'operator'),
    text: 'Access: a token with the role `service` or `operator`, or the admin port.',
  },
}

const nobody: OperationAccess = { security: [], text: 'Access: nobody.' }

/** Returns who may call an RPC, for its operations. */
export function operationAccessOf(method: DescMethod): OperationAccess {
  return accesses[accessOf(method)] ?? nobody
}

/** Schemes of the security requirements. */
export const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'A token of the issuer that the service trusts. A service without an issuer is open: it accepts every call.',
  },
}
