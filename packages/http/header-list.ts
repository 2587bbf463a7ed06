import type { Fields } from './exchange.ts'

/** The values of a field, joined by commas (RFC 9110 §5.2), or undefined when there is none. The name is in lower case. */
export function fieldOf(fields: Fields, name: string): string | undefined {
  let value: string | undefined
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] !== name) continue
    const next = fields[index + 1] ?? ''
    value = value === undefined ? next : `${value}, ${next}`
  }
  return value
}

/** What each field counts beside its name and value in the size of a list (RFC 9113 §6.5.2). */
const fieldOverheadBytes = 32

/** The size of a list of fields, as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113 §6.5.2). */
export function listBytesOf(fields: Fields): number {
  let bytes = (fields.length / 2) * fieldOverheadBytes
  for (let index = 0; index < fields.length; index++) bytes += (fields[index] as string).length
  return bytes
}

/** The fields of a `Headers`, each cookie on its own. */
export function toFields(headers: Headers): string[] {
  const fields: string[] = []
  for (const [name, value] of headers) fields.push(name, value)
  return fields
}
