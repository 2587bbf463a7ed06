import { expect, test } from 'bun:test'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { errorBody } from './errors.ts'

test.each([
  ['MESSAGE_TOO_LARGE', 413],
  ['MESSAGE_TOO_COMPLEX', 413],
  ['MEMORY_EXHAUSTED', 429],
  ['DECOMPRESSION_BUSY', 429],
] as const)('an exhausted resource because of %s is HTTP %d', (reason, status) => {
  const error = withReason(new ConnectError('no', Code.ResourceExhausted), reason)
  expect(errorBody(error, undefined, {}).status).toBe(status)
})
