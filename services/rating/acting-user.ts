import type { DescField, DescMethod } from '@bufbuild/protobuf'
import { FieldDescriptorProto_Type as FieldType } from '@bufbuild/protobuf/wkt'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import { callKey } from '@marquee/connect-hono/call'
import { withReason } from './reasons.ts'

/** User ids that ratings accept. The subject of a token may be anything. */
const userId = /^[^\s\p{Cc}]{1,128}$/u

/**
 * Returns the user for whom a call acts: the subject of its token, when the request names no other.
 * Only tokens with the role `ingest` act for others. Without tokens, in an open service, the
 * request has to name the user.
 * @param named `user_id` of the request. Empty for the caller.
 */
export function actingUser(context: HandlerContext, named: string): string {
  return userOf(context, named, 'ingest')
}

/**
 * Returns the user whose data a call is about: the subject of its token, when the request names no
 * other. Only operators name others. Without tokens, in an open service, the request has to name the
 * user.
 * @param named `user_id` of the request. Empty for the caller.
 */
export function dataUser(context: HandlerContext, named: string): string {
  return userOf(context, named, 'operator')
}

/** Throws unless the caller may see data of all users. */
export function requireOperator(context: HandlerContext): void {
  if (context.values.get(callKey)?.isOperator !== false) return
  const text = 'ratings of all users need a token with the role "operator", or the admin port'
  throw forbidden(text, 'operator')
}

/** @param role Role of tokens that act for others. */
function userOf(context: HandlerContext, named: string, role: 'ingest' | 'operator'): string {
  const principal = context.values.get(callKey)?.principal
  if (principal === undefined) {
    if (named !== '') return named
    throw missingUser(context.method)
  }
  if (named !== '' && named !== principal.subject) {
    if (principal.roles.has(role)) return named
    const text = `user_id is somebody else: leave it empty, or use a token with the role "${role}"`
    throw forbidden(text, role)
  }
  if (userId.test(principal.subject)) return principal.subject
  const text = "the token's subject cannot be a user id: it has spaces, or more than 128 characters"
  throw withReason(new ConnectError(text, Code.PermissionDenied), 'USER_UNSUITABLE')
}

function forbidden(text: string, role: string): ConnectError {
  return withReason(new ConnectError(text, Code.PermissionDenied), 'USER_FORBIDDEN', { role })
}

/** Creates the error of a request whose rules would require `user_id`. */
function missingUser({ input }: DescMethod): ConnectError {
  const message = 'value is required'
  const { number: fieldNumber, name: fieldName } = input.field.userId as DescField
  const element = { fieldNumber, fieldName, fieldType: FieldType.STRING }
  const violation = { field: { elements: [element] }, ruleId: 'required', message }
  const detail = { desc: ViolationsSchema, value: { violations: [violation] } }
  const error = new ConnectError(`user_id: ${message}`, Code.InvalidArgument, undefined, [detail])
  return withReason(error, 'USER_MISSING')
}
