import { expect, test } from 'bun:test'
import { acceptedType, namesType } from './accept.ts'

const offered: readonly string[] = [
  'application/x-ndjson',
  'application/jsonl',
  'text/event-stream',
]

test.each([
  [undefined, 'application/x-ndjson'],
  ['', 'application/x-ndjson'],
  ['*/*', 'application/x-ndjson'],
  ['text/event-stream', 'text/event-stream'],
  ['Text/Event-Stream; charset=utf-8', 'text/event-stream'],
  ['application/jsonl', 'application/jsonl'],
  ['text/*', 'text/event-stream'],
  ['application/x-ndjson;q=0.5, text/event-stream', 'text/event-stream'],
  ['application/x-ndjson;q=0, */*;q=0.1', 'application/jsonl'],
  ['text/html, */*;q=0.8', 'application/x-ndjson'],
  ['text/html', undefined],
  ['text/event-stream;q=0', undefined],
])('a client that accepts %p gets %p', (accepted, type) => {
  expect(acceptedType(accepted, offered)).toBe(type)
})

test.each([
  [undefined, false],
  ['*/*, application/*', false],
  ['application/problem+json;q=0', false],
  ['application/json, Application/Problem+JSON;q=0.1', true],
])('a client that accepts %p names problems: %p', (accepted, names) => {
  expect(namesType(accepted, 'application/problem+json')).toBe(names)
})
