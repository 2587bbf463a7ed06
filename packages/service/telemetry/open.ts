import type { TracingOptions } from '../flags/tracing.ts'
import type { Tracing, TracingLog } from './port.ts'

/**
 * Opens tracing, when there is a collector. Only then are OpenTelemetry's modules loaded.
 * @param name the service's name in the traces.
 */
export async function openTracing(
  name: string,
  options: TracingOptions,
  log: TracingLog,
): Promise<Tracing | undefined> {
  if (options.endpoint === '') return undefined
  const { createSdkTracing } = await import('./sdk.ts')
  return createSdkTracing(name, options, log)
}
