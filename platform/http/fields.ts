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

/** The fields of a `Headers`, each cookie on its own. */
export function toFields(headers: Headers): string[] {
  const fields: string[] = []
  for (const [name, value] of headers) fields.push(name, value)
  return fields
}
