import type { HeaderList } from './exchange.ts'

/** Headers that concern one connection only. HTTP/2 does not have them (RFC 9113 §8.2.2). */
export const connectionHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * Returns the values of a header, joined by commas (RFC 9110 §5.2), or `undefined` when there is
 * none.
 * @param name In lower case.
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

/** Bytes that a header adds to a list besides its name and value (RFC 9113 §6.5.2). */
const headerOverheadBytes = 32

/**
 * Returns the size of a header list in bytes, as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113
 * §6.5.2).
 */
export function headerListBytes(headers: HeaderList): number {
  let bytes = (headers.length / 2) * headerOverheadBytes
  for (let index = 0; index < headers.length; index++) bytes += (headers[index] as string).length
  return bytes
}

/** Converts a `Headers` to a list, with each cookie on its own. */
export function toHeaderList(headers: Headers): string[] {
  const list: string[] = []
  for (const [name, value] of headers) list.push(name, value)
  return list
}
