/** Marks where a text was truncated. Three bytes in UTF-8. */
const mark = '…'
const markBytes = 3

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Truncates a text to `bytesMax` bytes of UTF-8, ellipsis included. Never splits a character. A
 * truncated text does not keep the original in memory.
 */
export function truncateText(text: string, bytesMax: number): string {
  // A UTF-16 unit takes one to three bytes.
  if (text.length * 3 <= bytesMax) return text
  if (text.length <= bytesMax && encoder.encode(text).length <= bytesMax) return text
  const bytes = new Uint8Array(bytesMax - markBytes)
  const { written } = encoder.encodeInto(text, bytes)
  return decoder.decode(bytes.subarray(0, written)) + mark
}
