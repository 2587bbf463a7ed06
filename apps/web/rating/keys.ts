import type { Value } from './own-rating.ts'
import { type Scale, valuesOf } from './scale.ts'

/**
 * The rating that a key sets: a digit is that value if the scale has it; 0 and Backspace are none.
 * Undefined for any other key.
 */
export function ratingKey(
  event: KeyboardEvent,
  scale: Scale,
): { readonly value: Value | undefined } | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined
  if (event.key === '0' || event.key === 'Backspace') return { value: undefined }
  const value = /^[1-9]$/.test(event.key) ? Number(event.key) : undefined
  return value !== undefined && valuesOf(scale).includes(value) ? { value } : undefined
}
