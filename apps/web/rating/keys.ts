import { isValue, type Value } from './own-rating.ts'

/** The rating that a key sets: 1 to 5, or none for 0 and Backspace. Undefined for any other key. */
export function ratingKey(event: KeyboardEvent): { readonly value: Value | undefined } | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined
  if (event.key === '0' || event.key === 'Backspace') return { value: undefined }
  const value = /^[1-5]$/.test(event.key) ? Number(event.key) : undefined
  return isValue(value) ? { value } : undefined
}
