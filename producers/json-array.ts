import type { Input } from './input.ts'
import { ArrayScanner } from './json-array-scanner.ts'
import { decodeUtf8, notUtf8, withoutByteOrderMark } from './utf8.ts'

/** An element of an array: its text as it stands in the file, or why it cannot be read. */
export type Element =
  /** @property where as in a message: "element 3 (line 7)". */
  { readonly where: string } & (
    | { readonly text: string; readonly fault?: undefined }
    | { readonly text?: undefined; readonly fault: string }
  )

/**
 * Reads the elements of one JSON array, which may be larger than memory, in one batch for each
 * chunk. They are not parsed: what is between two commas is returned as it stands, also when it is
 * no JSON. Throws an `Error` with the place where the text is no array; all whole elements before
 * it are returned first.
 * @param elementBytesMax the maximum size of an element; a larger one is returned without its text.
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
