import { createWithReason } from '@marquee/connect-hono/errors/reason'

/** Reasons of errors of the rating service: see docs/errors.md. */
export const ratingReasons = {
  DEAD_LETTER_NOT_FOUND: ['partition', 'offset'],
  ERASURES_EXHAUSTED: ['erasuresMax'],
  EVENT_LOG_UNAVAILABLE: [],
  OUTBOX_FULL: [],
  PERIOD_TOO_LARGE: [],
  RATING_NOT_FOUND: ['recordType', 'recordId'],
  RECORD_NOT_RATED: ['recordType', 'recordId'],
  SCALE_CHANGED: ['recordType', 'savedCount'],
  USER_FORBIDDEN: ['role'],
  USER_MISSING: [],
  USER_UNSUITABLE: [],
  VALUE_OFF_SCALE: ['min', 'max', 'step'],
  WATCHES_EXHAUSTED: [],
} as const

export const withReason = createWithReason<typeof ratingReasons>()
