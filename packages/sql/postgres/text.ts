/**
 * Returns whether a `text` of Postgres, which is UTF-8 without U+0000, can hold this string. If
 * not, no row can contain the string, and a query with it would be an error.
 */
export function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/**
 * Returns the part before U+0000. By code point, a string without U+0000 comes after the whole
 * exactly when it comes after this part.
 */
export function beforeNul(text: string): string {
  return text.split('\0', 1)[0] ?? ''
}
