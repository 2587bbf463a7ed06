import type { RecordHeader } from './port.ts'

/** What a header costs besides its name and value, in bytes, at most: their lengths. */
const headerOverheadBytes = 10

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A header whose value is text. */
export function textHeader(name: string, text: string): RecordHeader {
  return { name, value: encoder.encode(text) }
}

/** The header's value as text; what is not UTF-8 in it is shown as U+FFFD. */
export function textOfHeader({ value }: RecordHeader): string {
  return value === null ? '' : decoder.decode(value)
}

/** How much the headers take in a record, in bytes, at most. */
export function bytesOfHeaders(headers: readonly RecordHeader[]): number {
  let bytes = 0
  for (const { name, value } of headers) {
    bytes += Buffer.byteLength(name) + (value?.length ?? 0) + headerOverheadBytes
  }
  return bytes
}
