import { createWithReason } from './reason.ts'

/** Reasons of errors that any RPC may have, with the keys of their metadata: see docs/errors.md. */
export const rpcReasons = {
  CLIENT_DEADLINE_EXCEEDED: [],
  COMPRESSION_UNSUPPORTED: ['compression', 'supported'],
  CONDITION_UNSUPPORTED: ['header'],
  DATA_DAMAGED: ['requestId'],
  DATA_UNAVAILABLE: ['requestId'],
  DECOMPRESSION_BUSY: [],
  FIELD_INVALID: ['field', 'rule'],
  HEADER_INVALID: ['header'],
  HEALTH_SERVICE_UNKNOWN: ['service'],
  INTERNAL_ERROR: ['requestId'],
  MEMORY_EXHAUSTED: [],
  MESSAGE_COUNT_INVALID: [],
  MESSAGE_MALFORMED: [],
  MESSAGE_TOO_COMPLEX: ['elementsMax'],
  MESSAGE_TOO_LARGE: ['bytesMax'],
  METHOD_UNIMPLEMENTED: ['method'],
  PARAMETER_INVALID: ['parameter'],
  REQUEST_TOO_SLOW: ['idleMsMax', 'bytesPerSecondMin'],
  SERVICE_DEADLINE_EXCEEDED: [],
  SHUTTING_DOWN: [],
  STREAM_EXPIRED: [],
  STREAM_QUOTA_EXCEEDED: ['streamsMax'],
} as const

export const withReason = createWithReason<typeof rpcReasons>()
