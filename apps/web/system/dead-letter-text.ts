/** Maximum number of bytes of a value that are shown. */
export const bytesShownMax = 16_384

/** The bytes as text, or undefined when they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** JSON with indentation; other text unchanged. */
export function prettyText(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}

/** A hex dump: offset, digits, and printable characters of each line. */
export function hexDump(bytes: Uint8Array, bytesPerLine: 8 | 16 = 16): string {
  const lines: string[] = []
  for (let offset = 0; offset < bytes.length; offset += bytesPerLine) {
    const row = Array.from(bytes.subarray(offset, offset + bytesPerLine))
    const digits = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const characters = row.map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
    )
    lines.push(
      `${offset.toString(16).padStart(6, '0')}  ${digits.padEnd(3 * bytesPerLine - 1)}  ${characters.join('')}`,
    )
  }
  return lines.join('\n')
}
