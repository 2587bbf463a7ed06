/** Types of responses and requests, by what they are for. */
export const mediaTypes = {
  json: 'application/json',
  problem: 'application/problem+json',
  lines: 'application/x-ndjson',
  otherLines: 'application/jsonl',
  events: 'text/event-stream',
} as const
