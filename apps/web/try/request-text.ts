import type { JsonValue } from '@bufbuild/protobuf'
import type { Draft } from './draft.ts'

/** The drafts as JSON text: one message, or an array when the client streams. */
export function requestText(drafts: readonly Draft[], isStream: boolean): string {
  return JSON.stringify(isStream ? drafts : (drafts[0] ?? {}), undefined, 2)
}

/** Parses the JSON text. A stream takes an array or one message. */
export function parseRequestText(
  text: string,
  isStream: boolean,
): { readonly drafts: readonly JsonValue[] } | { readonly problem: string } {
  let value: JsonValue
  try {
    value = text.trim() === '' ? {} : JSON.parse(text)
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
  const drafts = isStream && Array.isArray(value) ? value : [value]
  const wrong = drafts.some(
    (draft) => typeof draft !== 'object' || draft === null || Array.isArray(draft),
  )
  return wrong ? { problem: 'a message must be a JSON object: { … }' } : { drafts }
}
