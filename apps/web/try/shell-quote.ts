/** A word that a POSIX shell reads as it is. */
const plain = /^[\w@%+=:,./-]+$/

/** The text as one word of a POSIX shell, whatever it holds (but for U+0000, which no word can hold). */
export function shellQuote(text: string): string {
  return plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Bytes as a word that `printf` writes out as they are, NUL and percent signs too. */
export function printfWord(bytes: Uint8Array): string {
  return `'${Array.from(bytes, printfCharacter).join('')}'`
}

function printfCharacter(byte: number, index: number): string {
  if (byte === 0x25) return '%%'
  // A quote would end the word, a backslash begin an escape, and a minus at the beginning an option.
  const isSpecial = byte === 0x27 || byte === 0x5c || (byte === 0x2d && index === 0)
  const isPrintable = byte >= 0x20 && byte < 0x7f && !isSpecial
  return isPrintable ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
}
