import { expect, test } from 'bun:test'
import { Code } from '@connectrpc/connect'
import { encodeEnvelope } from '@connectrpc/connect/protocol'
import { outcomeOf } from './outcome.ts'

const envelope = (flags: number, text: string) =>
  encodeEnvelope(flags, new TextEncoder().encode(text))
const grpc = (status: string) => new Headers({ 'grpc-status': status })

test.each([
  ['gRPC that succeeded', { status: 200, trailer: grpc('0') }, undefined],
  ['gRPC that failed', { status: 200, trailer: grpc('5') }, Code.NotFound],
  ['gRPC with trailers only', { status: 200, header: grpc('12') }, Code.Unimplemented],
  ['gRPC with a status of its own', { status: 200, trailer: grpc('99') }, Code.Unknown],
  [
    'Connect that succeeded',
    { status: 200, lastChunk: new TextEncoder().encode('{"a":1}') },
    undefined,
  ],
  ['Connect that failed', { status: 503 }, Code.Unavailable],
  [
    'Connect that failed and says how',
    { status: 400, lastChunk: new TextEncoder().encode('{"code":"out_of_range"}') },
    Code.OutOfRange,
  ],
  ['what has not changed', { status: 304 }, undefined],
  ['a Connect stream that succeeded', { status: 200, lastChunk: envelope(2, '{}') }, undefined],
  [
    'a Connect stream that failed',
    { status: 200, lastChunk: envelope(2, '{"error":{"code":"aborted"}}') },
    Code.Aborted,
  ],
  [
    'gRPC-Web that succeeded',
    { status: 200, lastChunk: envelope(128, 'grpc-status: 0\r\n') },
    undefined,
  ],
  [
    'gRPC-Web that failed',
    { status: 200, lastChunk: envelope(128, 'a: b\r\ngrpc-status: 3\r\n') },
    Code.InvalidArgument,
  ],
])('%s', (_, answered, code) => {
  expect(outcomeOf({ lastChunk: undefined, ...answered })).toBe(code)
})
