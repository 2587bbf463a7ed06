import type { Input } from './input.ts'
import { ArrayScanner } from './json-array-scanner.ts'
import { decodeUtf8, notUtf8, withoutByteOrderMark } from './utf8.ts'

/** An element of an array: its text, or the reason why it cannot be read. */
export type Element =
  /** @property where Place for messages, such as "element 3 (line 7)". */
  { readonly where: string } & (
    | { readonly text: string; readonly fault?: undefined }
    | { readonly text?: undefined; readonly fault: string }
  )

/**
 * Reads the elements of one JSON array, which may be larger than memory, in one batch per chunk.
 * Elements are not parsed: the text between two commas is returned even when it is not JSON. When
 * the text stops being an array, all complete elements are returned first; then an `Error` with the
 * place is thrown.
 * @param elementBytesMax Maximum size of an element. A larger one is returned without its text.
 */
export async function* readJsonArray(
  source: Pick<Input, 'name' | 'chunks'>,
  elementBytesMax: number,
): AsyncGenerator<Element[]> {
  const scanner = new ArrayScanner(elementBytesMax)
  for await (const chunk of withoutByteOrderMark(source.chunks)) {
    scanner.scan(chunk)
    yield scanner.take().map((found) => toElement(found, elementBytesMax))
    if (scanner.flaw !== undefined) break
  }
  scanner.end()
  if (scanner.flaw === undefined) return
  const { reason, offset, line } = scanner.flaw
  const place = `line ${line}, byte ${offset + 1}, after element ${scanner.count}`
  throw new Error(`${source.name} is not a JSON array at ${place}: ${reason}`)
}

function toElement(
  { number, line, bytes }: ReturnType<ArrayScanner['take']>[number],
  bytesMax: number,
): Element {
  const where = `element ${number} (line ${line})`
  if (bytes === undefined) {
    const fault = `it is longer than ${bytesMax.toLocaleString('en-US')} bytes`
    return { where, fault }
  }
  const text = decodeUtf8(bytes)?.trimEnd()
  return text === undefined ? { where, fault: notUtf8 } : { where, text }
}
