/** A word that needs no quotes in a POSIX shell. */
const plain = /^[\w@%+=:,./-]+$/

/** The text as one word of a POSIX shell. U+0000 is impossible in a word. */
export function shellQuote(text: string): string {
  return plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** The bytes as a word that `printf` writes unchanged, including NUL and percent signs. */
export function printfWord(bytes: Uint8Array): string {
  return `'${Array.from(bytes, printfCharacter).join('')}'`
}

function printfCharacter(byte: number, index: number): string {
  if (byte === 0x25) return '%%'
  // A quote ends the word, a backslash starts an escape, and a leading minus starts an option.
  const isSpecial = byte === 0x27 || byte === 0x5c || (byte === 0x2d && index === 0)
  const isPrintable = byte >= 0x20 && byte < 0x7f && !isSpecial
  return isPrintable ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
}
