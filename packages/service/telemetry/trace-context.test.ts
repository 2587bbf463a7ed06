import { expect, test } from 'bun:test'
import { parseTraceContext, traceHeaders } from './trace-context.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const context = { traceId, spanId, isSampled: true, tracestate: '' }

test.each([
  ['sampled', `00-${traceId}-${spanId}-01`, context],
  ['not sampled', `00-${traceId}-${spanId}-00`, { ...context, isSampled: false }],
  ['with an unknown flag', `00-${traceId}-${spanId}-03`, context],
  ['of a later version', `cc-${traceId}-${spanId}-01-what-comes`, context],
])('a traceparent %s is read', (_, traceparent, expected) => {
  expect(parseTraceContext(traceparent, null)).toEqual(expected)
})

test.each([
  ['absent', null],
  ['empty', ''],
  ['of the forbidden version', `ff-${traceId}-${spanId}-01`],
  ['with something behind', `00-${traceId}-${spanId}-01-what-comes`],
  ['without a trace id', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['without a span id', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['in capital letters', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['that is too short', `00-${traceId.slice(1)}-${spanId}-01`],
  ['that comes twice', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
])('a traceparent %s is ignored', (_, traceparent) => {
  expect(parseTraceContext(traceparent, null)).toBeUndefined()
})

test('a tracestate is passed on, unless it is long', () => {
  const traceparent = `00-${traceId}-${spanId}-01`
  const tracestate = 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'
  const parsed = parseTraceContext(traceparent, tracestate) ?? context
  expect(traceHeaders(parsed)).toEqual([
    ['traceparent', traceparent],
    ['tracestate', tracestate],
  ])
  expect(parseTraceContext(traceparent, `a=${'b'.repeat(600)}`)).toEqual(context)
})
