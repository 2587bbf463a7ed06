/**
 * Whether a `text` of Postgres, which is UTF-8 without U+0000, can hold this text. What it cannot hold is not stored
 * anywhere: there is nothing to be found by it, and asking the server would be an error.
 */
export function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** The part before U+0000. A text without U+0000 comes after the whole, by code point, if it comes after the part. */
export function beforeNul(text: string): string {
  return text.split('\0', 1)[0] ?? ''
}
