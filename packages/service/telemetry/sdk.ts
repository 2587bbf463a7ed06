import { DiagLogLevel, diag } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import type { SamplerName, TracingOptions } from '../flags/tracing.ts'
import type { Tracing, TracingLog } from './port.ts'
import { startSpan } from './sdk-span.ts'

/** Time that disposal waits for the last export, in milliseconds. */
const flushTimeoutMs = 3_000
/** Minimum time between two log lines about exports, in milliseconds. */
const reportIntervalMs = 10_000

/**
 * Creates tracing by OpenTelemetry's SDK. Nothing global is registered, so that calls need no
 * asynchronous context. Ended spans wait in a queue of 2,048 (`OTEL_BSP_MAX_QUEUE_SIZE`); while it
 * is full, further ones are dropped.
 * @param name the service's name, unless `OTEL_SERVICE_NAME` has another.
 */
export function createSdkTracing(name: string, options: TracingOptions, log: TracingLog): Tracing {
  reportTo(log)
  const { endpoint, sampler, samplerRatio } = options
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  const own = { 'service.name': name, 'service.instance.id': crypto.randomUUID() }
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(own).merge(detectResources({ detectors: [envDetector] })),
    sampler: samplers[sampler](samplerRatio),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('marquee')
  return {
    start: (options) => startSpan(tracer, options),
    async [Symbol.asyncDispose]() {
      const { promise: late, resolve } = Promise.withResolvers<'late'>()
      const timer = setTimeout(resolve, flushTimeoutMs, 'late')
      const flushed = provider.shutdown().catch((error: Error) => error)
      const outcome = await Promise.race([flushed, late])
      clearTimeout(timer)
      if (outcome === undefined) return
      const reason = outcome === 'late' ? 'the collector is too slow' : outcome.message
      log.warn({ reason }, 'the last spans are lost')
    },
  }
}

const samplers: Readonly<Record<SamplerName, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) =>
    new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
}

/** Logs what the SDK reports, such as failed exports and dropped spans, some lines a minute. */
function reportTo(log: TracingLog): void {
  let nextMs = Number.NEGATIVE_INFINITY
  const report = (text: string) => {
    if (performance.now() < nextMs) return
    nextMs = performance.now() + reportIntervalMs
    log.warn({ reason: reasonOf(text) }, 'spans are lost')
  }
  const ignore = () => {}
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
}

/** Returns the message of an error, which the SDK reports as JSON. Other texts stay as they are. */
function reasonOf(text: string): string {
  return /^\{.*?"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text
}
