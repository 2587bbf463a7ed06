import type { TraceContext } from '@marquee/connect-hono/span'

/** Version, trace id, id of the parent span and flags. Later versions may append fields. */
const pattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const sampledFlag = 1
/** Maximum length of a `tracestate` that is passed on; longer ones are left out. */
const tracestateCharsMax = 512

/**
 * Parses the headers of W3C Trace Context (https://www.w3.org/TR/trace-context/). Returns
 * `undefined` when `traceparent` is absent or invalid.
 */
export function parseTraceContext(
  traceparent: string | null | undefined,
  tracestate: string | null | undefined,
): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] =
    pattern.exec(traceparent ?? '') ?? []
  const isKnown = version === '00' ? rest === undefined : version !== undefined && version !== 'ff'
  if (!isKnown || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  const isSampled = (Number.parseInt(flags, 16) & sampledFlag) === sampledFlag
  const state = tracestate ?? ''
  return {
    traceId,
    spanId,
    isSampled,
    tracestate: state.length <= tracestateCharsMax ? state : '',
  }
}

/** Returns the headers that pass a span on to what it causes. */
export function traceHeaders(context: TraceContext): [name: string, value: string][] {
  const { traceId, spanId, isSampled, tracestate } = context
  const traceparent = `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
  return tracestate === ''
    ? [['traceparent', traceparent]]
    : [
        ['traceparent', traceparent],
        ['tracestate', tracestate],
      ]
}
