import { isValue, type Value } from './own-rating.ts'

/** What a key says of one's rating: 1 to 5 rate, 0 and Backspace take it back; undefined is none. */
export function ratingKey(event: KeyboardEvent): { readonly value: Value | undefined } | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined
  if (event.key === '0' || event.key === 'Backspace') return { value: undefined }
  const value = /^[1-5]$/.test(event.key) ? Number(event.key) : undefined
  return isValue(value) ? { value } : undefined
}
