/** Values that a span records (https://opentelemetry.io/docs/specs/semconv/). */
export type SpanAttributes = Readonly<Record<string, string | number>>

/** A span to start within another one. */
export interface SpanOptions {
  readonly name: string
  /** Role of the process: it calls another service, sends a message, or neither. */
  readonly kind: 'client' | 'producer' | 'internal'
  readonly attributes: SpanAttributes
}

/** Result of a span. */
export interface SpanEnd {
  /** Name that replaces the first one. */
  readonly name?: string
  /** Attributes in addition to the first ones. */
  readonly attributes?: SpanAttributes
  /** Kind of the failure, as in `error.type`. Default: success. */
  readonly error?: string | undefined
}

/** Context of a span, which travels with calls and events (https://www.w3.org/TR/trace-context/). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** False for a trace that is only passed on: nothing is recorded. */
  readonly isSampled: boolean
  /** Value of `tracestate`. Empty for none. */
  readonly tracestate: string
}

/** A span of a trace. There are none where tracing is off. */
export interface Span extends TraceContext {
  /** Starts a span within this one, which may end later than this one. */
  startChild(options: SpanOptions): Span
  /** Ends the span. Called once. */
  end(end?: SpanEnd): void
}
