import type { Span, TraceContext } from '@marquee/connect-hono/span'
import type { EventLog, NewRecord, RecordBatch, RecordHeader } from '@marquee/event-log/port'
import { textHeader, textOfHeader } from '@marquee/event-log/record-headers'
import type { Tracing } from './port.ts'
import { parseTraceContext, traceHeaders } from './trace-context.ts'

/** Maximum number of different producers that the span of a batch links to. */
const linksMax = 64

/**
 * Wraps an event log. Appended records carry the span of their append, and the span of each batch
 * links to those of its records: it belongs to no single one of them
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/).
 * @param system `kafka`, or the name of the embedded log.
 */
export function traceEventLog(log: EventLog, tracing: Tracing, system: string): EventLog {
  const attributes = (operation: string, type: string, topic: string, count: number) => ({
    'messaging.system': system,
    'messaging.operation.name': operation,
    'messaging.operation.type': type,
    'messaging.destination.name': topic,
    'messaging.batch.message_count': count,
  })
  return {
    ...log,
    append(topic, records) {
      const span = tracing.start({
        name: `append ${topic}`,
        kind: 'producer',
        links: causesOf(records),
        attributes: attributes('append', 'send', topic, records.length),
      })
      return endWith(span, log.append(topic, withSpan(records, span)))
    },
    consume(options) {
      const { topic, group } = options
      const handle = (batch: RecordBatch) => {
        const { partition, records } = batch
        const span = tracing.start({
          name: `process ${topic}`,
          kind: 'consumer',
          links: causesOf(records),
          attributes: {
            ...attributes('process', 'process', topic, records.length),
            'messaging.consumer.group.name': group,
            'messaging.destination.partition.id': `${partition}`,
          },
        })
        return endWith(span, options.handle(batch))
      }
      return log.consume({ ...options, handle })
    },
  }
}

async function endWith<T>(span: Span, result: Promise<T>): Promise<T> {
  try {
    const value = await result
    span.end()
    return value
  } catch (error) {
    span.end({ error: error instanceof Error ? error.name : 'unknown' })
    throw error
  }
}

/** Adds the span to the records. One that has a trace, such as a dead letter, keeps its own. */
function withSpan(records: readonly NewRecord[], span: Span): NewRecord[] {
  const trace = traceHeaders(span).map(([name, value]) => textHeader(name, value))
  return records.map((record) => {
    const { headers = [] } = record
    return headers.some(isTraceparent) ? record : { ...record, headers: [...headers, ...trace] }
  })
}

/** Returns the different spans that produced the records. */
function causesOf(records: readonly { readonly headers?: readonly RecordHeader[] }[]) {
  const causes = new Map<string, TraceContext>()
  for (const { headers = [] } of records) {
    const traceparent = headers.find(isTraceparent)
    if (traceparent === undefined) continue
    const text = textOfHeader(traceparent)
    if (causes.has(text)) continue
    const cause = parseTraceContext(text, undefined)
    if (cause !== undefined) causes.set(text, cause)
    if (causes.size === linksMax) break
  }
  return [...causes.values()]
}

function isTraceparent({ name }: RecordHeader): boolean {
  return name === 'traceparent'
}
