import type { AddressList } from '@marquee/http/server/address-list'
import type { Flags } from './flags.ts'
import { readAddressList } from './traffic.ts'

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

export type SamplerName = (typeof samplers)[number]

/** Destination of the traces, and which are recorded. */
export interface TracingOptions {
  /** Origin of a collector for OTLP over HTTP, with a path if it has one. Empty: no tracing. */
  readonly endpoint: string
  readonly sampler: SamplerName
  /** Share of the traces that a sampler by ratio takes, from 0 to 1. */
  readonly samplerRatio: number
  /** Clients whose traces are continued. */
  readonly incoming: AddressList
}

/**
 * Reads the options of tracing. Their names are OpenTelemetry's; its SDK reads further ones from the
 * environment
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
 */
export function readTracingOptions(flags: Flags): TracingOptions {
  return {
    endpoint: readEndpoint(flags),
    sampler: flags.choice({
      flag: 'otel-traces-sampler',
      help: `which traces are recorded: ${samplers.join(', ')}`,
      of: samplers,
      default: 'parentbased_always_on',
    }),
    samplerRatio: flags.number({
      flag: 'otel-traces-sampler-arg',
      help: 'the share of the traces that a sampler by ratio takes',
      default: 1,
      min: 0,
      max: 1,
    }),
    incoming: readAddressList(flags, {
      flag: 'trace-incoming',
      help: 'addresses or networks of clients whose traces are continued, separated by commas',
    }),
  }
}

function readEndpoint(flags: Flags): string {
  const flag = 'otel-exporter-otlp-endpoint'
  const help = 'the collector that gets traces, by OTLP over HTTP; empty: no tracing'
  const text = flags.text({ flag, help, default: '' })
  if (text === '') return ''
  const url = URL.parse(text)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text.replace(/\/+$/, '')
  flags.refuse(`--${flag} is "${text}": give a URL such as http://localhost:4318`)
  return ''
}
