import type { RecordHeader } from '../port.ts'

/** Bits of the column `absent`. */
export const absentBits = { key: 1, value: 2 } as const

const encoder = new TextEncoder()
const noKey = new Uint8Array()
const noHeaders: readonly RecordHeader[] = Object.freeze([])

/** Returns the bytes of a key. Earlier versions of this program stored text. */
export function keyOf(key: string | Uint8Array | null): Uint8Array {
  if (key === null) return noKey
  return typeof key === 'string' ? encoder.encode(key) : key
}

/**
 * Returns the headers as stored in the file: a list of names and Base64 values, or `null` for none.
 */
export function headersText(headers: readonly RecordHeader[] | undefined): string | null {
  if (headers === undefined || headers.length === 0) return null
  return JSON.stringify(headers.map(({ name, value }) => [name, value && toBase64(value)]))
}

/**
 * Parses headers as stored in the file. Earlier versions of this program stored an object of
 * strings.
 */
export function headersOf(text: string | null): readonly RecordHeader[] {
  if (text === null) return noHeaders
  const parsed: [string, string | null][] | Record<string, string> = JSON.parse(text)
  if (Array.isArray(parsed)) {
    return parsed.map(([name, value]) => ({ name, value: value === null ? null : toBytes(value) }))
  }
  return Object.entries(parsed).map(([name, value]) => ({ name, value: encoder.encode(value) }))
}

function toBase64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

function toBytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}
