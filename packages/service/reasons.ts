import type { ConnectError } from '@connectrpc/connect'
import { describeError } from '@marquee/connect-hono/errors/describe-error'
import { createWithReason } from '@marquee/connect-hono/errors/reason'

/** Domain of the reasons of errors (https://google.aip.dev/193). */
export const errorDomain = 'marquee'

/** Reasons of errors that any service may have, beside those of RPCs: see docs/errors.md. */
export const serviceReasons = {
  ACCESS_RULE_MISSING: [],
  ADMIN_PORT_REQUIRED: [],
  ALREADY_EXISTS: ['etag'],
  CONNECTION_LOST: [],
  ETAG_MISMATCH: ['etag'],
  HOST_UNKNOWN: ['host'],
  INSTANCE_UNKNOWN: ['service', 'instance'],
  METHOD_UNKNOWN: [],
  OVERLOADED: [],
  PAGE_TOKEN_INVALID: [],
  RATE_LIMITED: ['limit', 'count', 'seconds'],
  ROLE_MISSING: ['role'],
  SERVICE_UNREACHABLE: [],
  STREAM_SILENT: ['silentMsMax'],
  STREAMS_EXHAUSTED: [],
  TOKEN_EXPIRED: [],
  TOKEN_INVALID: [],
  TOKEN_KEYS_UNAVAILABLE: [],
  TOKEN_MISSING: [],
} as const

export const withReason = createWithReason<typeof serviceReasons>()

/** Returns an error with the details that its client reads. */
export function describe(error: ConnectError): ConnectError {
  return describeError(error, errorDomain)
}
