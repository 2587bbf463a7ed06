import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { BrowserStorage } from '../browser-storage.ts'
import { createStoredJson } from '../stored-json.ts'
import { type CallOptions, defaultCallOptions } from './call.ts'
import { type HeaderRow, headersOf, parseHeaderRows } from './header-rows.ts'

type SavedOptions = Omit<CallOptions, 'headers'>

/** The options of all calls of the page. */
export interface CallSettings {
  /** Kept by the browser. */
  readonly options: Signal<SavedOptions>
  /** Kept until the tab is closed, because they may be secret. */
  readonly headerRows: Signal<readonly HeaderRow[]>
  /** Both together, for a call. */
  readonly callOptions: ReadonlySignal<CallOptions>
}

export function createCallSettings(
  lasting: BrowserStorage,
  untilClosed: BrowserStorage,
): CallSettings {
  const savedOptions = createStoredJson(lasting, 'marquee.try.options', parseOptions)
  const savedHeaders = createStoredJson(untilClosed, 'marquee.try.headers', parseHeaderRows)
  const options = signal(savedOptions.read())
  const headerRows = signal(savedHeaders.read())
  effect(() => savedOptions.write(options.value))
  effect(() => savedHeaders.write(headerRows.value))
  const callOptions = computed(() => ({ ...options.value, headers: headersOf(headerRows.value) }))
  return { options, headerRows, callOptions }
}

function parseOptions(json: unknown): SavedOptions {
  const { headers: _, ...defaults } = defaultCallOptions
  const { protocol, format, useGet, timeoutMs } = (json ?? {}) as Partial<SavedOptions>
  return {
    protocol: protocol === 'grpc-web' ? 'grpc-web' : defaults.protocol,
    format: format === 'binary' ? 'binary' : defaults.format,
    useGet: useGet === true,
    timeoutMs: isTimeout(timeoutMs) ? timeoutMs : defaults.timeoutMs,
  }
}

/** Returns true for a timeout in milliseconds that both protocols can send. */
export function isTimeout(timeoutMs: number | undefined): timeoutMs is number {
  return Number.isSafeInteger(timeoutMs) && Number(timeoutMs) > 0 && Number(timeoutMs) < 1e8
}
