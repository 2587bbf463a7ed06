import { problemType } from '@marquee/connect-hono/errors/rest-error'

/** Types of responses and requests, by what they are for. */
export const mediaTypes = {
  json: 'application/json',
  problem: problemType,
  lines: 'application/x-ndjson',
  otherLines: 'application/jsonl',
  events: 'text/event-stream',
} as const
