import type { RecordHeader } from './port.ts'

/** Upper bound of what a header takes besides its name and value, in bytes: their lengths. */
const headerOverheadBytes = 10

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Returns a header whose value is text. */
export function textHeader(name: string, text: string): RecordHeader {
  return { name, value: encoder.encode(text) }
}

/** Returns the header's value as text. Bytes that are not UTF-8 become U+FFFD. */
export function textOfHeader({ value }: RecordHeader): string {
  return value === null ? '' : decoder.decode(value)
}

/** Returns an upper bound of what the headers take in a record, in bytes. */
export function bytesOfHeaders(headers: readonly RecordHeader[]): number {
  let bytes = 0
  for (const { name, value } of headers) {
    bytes += Buffer.byteLength(name) + (value?.length ?? 0) + headerOverheadBytes
  }
  return bytes
}
