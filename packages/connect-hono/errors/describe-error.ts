import { type DescMessage, fromBinary, type Message } from '@bufbuild/protobuf'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, type ConnectError } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '../gen/google/rpc/error_details_pb.ts'
import { copyError } from './copy-error.ts'
import { inBothForms } from './field-violations.ts'
import { reasonOf } from './reason.ts'
import { retryInfo } from './retry-info.ts'
import { bytesOf, errorLimits } from './text.ts'

/** Time after which a client may call again that was `UNAVAILABLE`, in milliseconds. */
export const retryDelayMs = 1_000

type Detail = ConnectError['details'][number]

/**
 * Returns an error with the details that Google's API guidelines ask for
 * (https://google.aip.dev/193), within `errorLimits`: `google.rpc.ErrorInfo` with its reason,
 * `RetryInfo` when the code is `UNAVAILABLE`, and `BadRequest` beside violations of rules. An error
 * without a reason has its code as the reason. An error that has an `ErrorInfo`, from another
 * service for example, keeps its details.
 * @param domain `ErrorInfo.domain`. Without one, the error stays as it is.
 */
export function describeError(error: ConnectError, domain: string | undefined): ConnectError {
  if (domain === undefined) return error
  if (hasDetail(error, ErrorInfoSchema)) return decodeDetails(error)
  const { name, metadata } = reasonOf(error) ?? { name: genericReason(error.code), metadata: {} }
  const info: Detail = { desc: ErrorInfoSchema, value: { reason: name, domain, metadata } }
  const isRetriable = error.code === Code.Unavailable && !hasDetail(error, RetryInfoSchema)
  const added = [...(isRetriable ? retryInfo(retryDelayMs) : []), info]
  const roomBytes = errorLimits.detailsBytesMax - bytesOfAll(added)
  return copyError(error, { details: [...fit(error.details, roomBytes), ...added] })
}

/** Returns the reason of an error that has none of its own: `NOT_FOUND`. */
export function genericReason(code: Code): string {
  return codeToString(code).toUpperCase()
}

/** Details that errors of other services have in common, by type. */
const knownDetails: ReadonlyMap<string, DescMessage> = new Map(
  [ErrorInfoSchema, RetryInfoSchema, BadRequestSchema, ViolationsSchema].map((desc) => [
    desc.typeName,
    desc,
  ]),
)

/**
 * Returns an error whose details, as another service encoded them, are messages: only messages are
 * written as JSON. Details of unknown types stay as they are, as do malformed ones.
 */
function decodeDetails(error: ConnectError): ConnectError {
  if (error.details.every((one) => 'desc' in one)) return error
  return copyError(error, { details: error.details.map(decodeDetail) })
}

function decodeDetail(detail: Detail): Detail {
  const desc = 'desc' in detail ? undefined : knownDetails.get(detail.type)
  if ('desc' in detail || desc === undefined) return detail
  try {
    return { desc, value: fromBinary(desc, detail.value) as Message }
  } catch {
    // Its bytes are no message of the type: they are passed on.
    return detail
  }
}

function hasDetail({ details }: ConnectError, { typeName }: DescMessage): boolean {
  return details.some((one) => ('desc' in one ? one.desc.typeName : one.type) === typeName)
}

/** Returns the first details that fit. Violations come in both forms. */
function fit(details: readonly Detail[], bytesMax: number): Detail[] {
  const fitting: Detail[] = []
  let roomBytes = bytesMax
  for (const detail of details) {
    const isRules = 'desc' in detail && detail.desc.typeName === ViolationsSchema.typeName
    const forms = isRules ? inBothForms(detail, roomBytes) : [detail]
    roomBytes -= bytesOfAll(forms)
    if (roomBytes < 0) break
    fitting.push(...forms)
  }
  return fitting
}

function bytesOfAll(details: readonly Detail[]): number {
  return details.reduce((sum, detail) => sum + bytesOf(detail), 0)
}
