import { generateCookie } from 'hono/cookie'
import { parse } from 'hono/utils/cookie'

/** Maximum size of one cookie's value. Browsers accept 4,096 bytes with its name (RFC 6265 §6.1). */
const partCharsMax = 3_800
/** Maximum number of parts. All together fit in the headers of a request. */
const partsMax = 3

/** Thrown when a text does not fit in cookies. */
export class CookieSizeError extends Error {
  override readonly name = 'CookieSizeError'
}

/**
 * Returns the `Set-Cookie` headers of a text, which is split when it is long. Scripts and other
 * hosts cannot read or set them (`__Host-`).
 * @param text ASCII. The first part starts with the number of parts.
 */
export function writeCookies(name: string, text: string, maxAgeSeconds: number): string[] {
  const count = Math.ceil((text.length + 1) / partCharsMax)
  if (count > partsMax) {
    throw new CookieSizeError(`${text.length} characters do not fit in ${partsMax} cookies`)
  }
  const numbered = `${count}${text}`
  return Array.from({ length: count }, (_, index) => {
    const part = numbered.slice(index * partCharsMax, (index + 1) * partCharsMax)
    return cookie(partName(name, index), part, maxAgeSeconds)
  })
}

/** Returns the text of the cookies, or `undefined` when a part is missing. */
export function readCookies(name: string, header: string | undefined): string | undefined {
  const known = parse(header ?? '')
  const first = known[partName(name, 0)]
  const count = Number(first?.[0])
  if (first === undefined || !(count >= 1 && count <= partsMax)) return undefined
  const others = Array.from({ length: count - 1 }, (_, index) => known[partName(name, index + 1)])
  return others.includes(undefined) ? undefined : [first.slice(1), ...others].join('')
}

/** Returns the `Set-Cookie` headers that remove the cookies of a request. */
export function removeCookies(name: string, header: string | undefined): string[] {
  const known = parse(header ?? '')
  const names = Array.from({ length: partsMax }, (_, index) => partName(name, index))
  return names.filter((part) => part in known).map((part) => cookie(part, '', 0))
}

function partName(name: string, index: number): string {
  return index === 0 ? `__Host-${name}` : `__Host-${name}-${index}`
}

function cookie(name: string, value: string, maxAge: number): string {
  const options = { path: '/', secure: true, httpOnly: true, sameSite: 'Lax' } as const
  return generateCookie(name, value, { ...options, maxAge })
}
