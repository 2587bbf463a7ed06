import type { Span, SpanAttributes, TraceContext } from '@marquee/connect-hono/span'

/** A span to start where no span of this process caused it. */
export interface RootOptions {
  readonly name: string
  readonly kind: 'server' | 'consumer' | 'producer'
  /** Start on the clock of `performance.now()`, in milliseconds. Default: now. */
  readonly startMs?: number
  /** Span of another process that the new one continues. Default: the new one starts a trace. */
  readonly parent?: TraceContext | undefined
  /** Spans that caused the new one without being its parent. */
  readonly links?: readonly TraceContext[]
  readonly attributes?: SpanAttributes
}

/** Log for failed exports. */
export interface TracingLog {
  warn(fields: object, text: string): void
}

/** Starts traces and exports their spans. Disposal exports the rest, within a time limit. */
export interface Tracing extends AsyncDisposable {
  start(options: RootOptions): Span
}
