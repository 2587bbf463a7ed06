import type { HeaderList } from './exchange.ts'

/**
 * Returns the values of a header, joined by commas (RFC 9110 §5.2), or undefined when there is
 * none. The name is in lower case.
 */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  let value: string | undefined
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) continue
    const next = headers[index + 1] ?? ''
    value = value === undefined ? next : `${value}, ${next}`
  }
  return value
}

/** What each field counts beside its name and value in the size of a list (RFC 9113 §6.5.2). */
const fieldOverheadBytes = 32

/**
 * Returns the size of a header list, as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113 §6.5.2).
 */
export function headerListBytes(headers: HeaderList): number {
  let bytes = (headers.length / 2) * fieldOverheadBytes
  for (let index = 0; index < headers.length; index++) bytes += (headers[index] as string).length
  return bytes
}

/** Returns a `Headers` as a list, with each cookie on its own. */
export function toHeaderList(headers: Headers): string[] {
  const list: string[] = []
  for (const [name, value] of headers) list.push(name, value)
  return list
}
