/** Stands where a text was cut; three bytes as UTF-8. */
const mark = '…'
const markBytes = 3

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Returns the text, or, when it takes more bytes as UTF-8 than `bytesMax`, its beginning with an ellipsis, within those
 * bytes. Never cuts within a character. The result of a cut holds nothing of the original in memory.
 */
export function cutText(text: string, bytesMax: number): string {
  // A UTF-16 unit takes one to three bytes.
  if (text.length * 3 <= bytesMax) return text
  if (text.length <= bytesMax && encoder.encode(text).length <= bytesMax) return text
  const bytes = new Uint8Array(bytesMax - markBytes)
  const { written } = encoder.encodeInto(text, bytes)
  return decoder.decode(bytes.subarray(0, written)) + mark
}
