import { expect, test } from 'bun:test'
import { CookieSizeError, readCookies, removeCookies, writeCookies } from './cookies.ts'
import { isSameOrigin, returnUrl } from './same-origin.ts'
import { createSeal } from './seal.ts'

const origin = 'https://movies.example'
const later = Math.floor(Date.now() / 1_000) + 60

const toHeader = (cookies: readonly string[]) =>
  cookies.map((cookie) => cookie.split(';')[0]).join('; ')

test.each([10, 3_799, 3_800, 11_399])(
  'a text of %d characters returns from its cookies',
  (length) => {
    const text = 'x'.repeat(length)
    const cookies = writeCookies('session', text, 60)
    for (const cookie of cookies) {
      expect(cookie).toMatch(
        /^__Host-session(-\d)?=[^;]+; Max-Age=60; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      )
      expect(cookie.length).toBeLessThan(4_096)
    }
    expect(readCookies('session', toHeader(cookies))).toBe(text)
  },
)

test('a text that does not fit in three cookies is refused', () => {
  expect(() => writeCookies('session', 'x'.repeat(11_400), 60)).toThrow(CookieSizeError)
})

test('cookies with a missing part or no number are no text', () => {
  const cookies = writeCookies('session', 'x'.repeat(5_000), 60)
  for (const header of [
    toHeader(cookies.slice(0, 1)),
    '__Host-session=x',
    '__Host-session=9x',
    '',
  ]) {
    expect(readCookies('session', header)).toBeUndefined()
  }
})

test('only the cookies that a browser has are removed', () => {
  const removed = removeCookies('session', 'a=1; __Host-session=1x')
  expect(removed).toEqual(['__Host-session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax'])
})

test('a sealed text opens by any of the keys, for its purpose, until its end', async () => {
  const before = await createSeal(['old'])
  const now = await createSeal(['new', 'old'])
  const text = await before.close('session', { name: 'Ada Lovelace' }, later)
  expect(text).not.toContain('Ada Lovelace')
  expect(await now.open('session', text)).toMatchObject({ name: 'Ada Lovelace' })
  expect(await now.open('sign-in', text)).toBeUndefined()
  expect(await (await createSeal(['new'])).open('session', text)).toBeUndefined()
  expect(await now.open('session', `${text.slice(0, -2)}AA`)).toBeUndefined()
  expect(await now.open('session', await now.close('session', {}, later - 120))).toBeUndefined()
})

test.each([
  ['POST', { 'sec-fetch-site': 'same-origin' }, true],
  ['POST', { 'sec-fetch-site': 'same-site', origin }, false],
  ['POST', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, false],
  ['POST', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, false],
  ['GET', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, true],
  ['GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, false],
  ['POST', { origin }, true],
  ['POST', { origin: 'https://evil.example' }, false],
  ['POST', { origin: 'null' }, false],
  ['POST', {}, false],
])('a %s with %j is of this origin: %p', (method, headers, expected) => {
  expect(isSameOrigin(method, new Headers(headers as Record<string, string>), origin)).toBe(
    expected,
  )
})

test.each([
  ['/movies/heat?a=1', `${origin}/movies/heat?a=1`],
  ['/.//evil.example', `${origin}//evil.example`],
  ['//evil.example', undefined],
  ['/\\evil.example', undefined],
  ['/\t/evil.example', undefined],
  ['https://evil.example/', undefined],
  ['movies', undefined],
  ['/auth/login', undefined],
  [`/${'x'.repeat(2_000)}`, undefined],
])('sign-in for %p returns to %p', (path, expected) => {
  expect(returnUrl(path, origin)).toBe(expected)
})
