import type { Span, SpanEnd, SpanOptions, TraceContext } from '@marquee/connect-hono/span'
import {
  createTraceState,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { RootOptions } from './port.ts'

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
}

/** Starts a span of OpenTelemetry's SDK. Its context is an argument; nothing is global. */
export function startSpan(tracer: Tracer, options: RootOptions): Span {
  const { name, kind, startMs = performance.now(), parent, links, attributes } = options
  const context =
    parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, toRemote(parent))
  const offsetMs = clockOffsetMs(startMs)
  const sdkOptions = {
    kind: kinds[kind],
    startTime: startMs + offsetMs,
    ...(links !== undefined && { links: links.map((link) => ({ context: toRemote(link) })) }),
    ...(attributes !== undefined && { attributes }),
  }
  return new TracedSpan(tracer, tracer.startSpan(name, sdkOptions, context), offsetMs)
}

class TracedSpan implements Span {
  readonly #tracer: Tracer
  readonly #span: SdkSpan
  readonly #context: SpanContext
  readonly #offsetMs: number

  constructor(tracer: Tracer, span: SdkSpan, offsetMs: number) {
    this.#tracer = tracer
    this.#span = span
    this.#context = span.spanContext()
    this.#offsetMs = offsetMs
  }

  get traceId(): string {
    return this.#context.traceId
  }

  get spanId(): string {
    return this.#context.spanId
  }

  get isSampled(): boolean {
    return this.#context.traceFlags === TraceFlags.SAMPLED
  }

  get tracestate(): string {
    return this.#context.traceState?.serialize() ?? ''
  }

  startChild({ name, kind, attributes }: SpanOptions): Span {
    const offsetMs = this.#offsetMs
    const startTime = performance.now() + offsetMs
    const span = this.#tracer.startSpan(
      name,
      { kind: kinds[kind], startTime, attributes },
      trace.setSpan(ROOT_CONTEXT, this.#span),
    )
    return new TracedSpan(this.#tracer, span, offsetMs)
  }

  end({ name, attributes, error }: SpanEnd = {}): void {
    const span = this.#span
    if (name !== undefined) span.updateName(name)
    if (attributes !== undefined) span.setAttributes(attributes)
    if (error !== undefined) {
      span.setAttribute('error.type', error)
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
    span.end(performance.now() + this.#offsetMs)
  }
}

function toRemote({ traceId, spanId, isSampled, tracestate }: TraceContext): SpanContext {
  return {
    traceId,
    spanId,
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(tracestate !== '' && { traceState: createTraceState(tracestate) }),
  }
}

/** Age at which the offset of the clocks is measured again, in milliseconds. */
const offsetAgeMsMax = 60_000
let offset = { ms: 0, measuredMs: Number.NEGATIVE_INFINITY }

/**
 * Returns the difference between `Date.now()` and `performance.now()`, in milliseconds. The spans of
 * a trace use one, and so are comparable to the microsecond within a process.
 */
function clockOffsetMs(nowMs: number): number {
  if (nowMs - offset.measuredMs > offsetAgeMsMax) {
    offset = { ms: Date.now() - performance.now(), measuredMs: nowMs }
  }
  return offset.ms
}
