import { createWithReason } from '@marquee/connect-hono/errors/reason'

/** Reasons of errors of REST routes, beside those of RPCs: see docs/errors.md. */
export const restReasons = {
  CONTENT_TYPE_UNSUPPORTED: [],
  HTTP_METHOD_UNSUPPORTED: ['supported'],
  RESPONSE_TYPE_UNSUPPORTED: ['supported'],
} as const

export const withReason = createWithReason<typeof restReasons>()
