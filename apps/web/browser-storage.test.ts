import { expect, test } from 'bun:test'
import { createBrowserStorage } from './browser-storage.ts'

const windowWith = (part: object) => ({ addEventListener() {}, ...part }) as unknown as Window

function fakeStorage(room: number) {
  const entries = new Map<string, string>()
  const localStorage = {
    getItem: (name: string) => entries.get(name) ?? null,
    setItem(name: string, text: string) {
      if (text.length > room) throw new Error('QuotaExceededError')
      entries.set(name, text)
    },
  }
  return { localStorage, entries }
}

test('a saved text is in the browser', () => {
  const { localStorage, entries } = fakeStorage(100)
  const storage = createBrowserStorage(windowWith({ localStorage }))
  expect(storage.get('theme')).toBeUndefined()
  storage.set('theme', 'dark')
  expect(storage.get('theme')).toBe('dark')
  expect(entries.get('theme')).toBe('dark')
})

test('a text that does not fit is known until the page is closed', () => {
  const { localStorage } = fakeStorage(3)
  const storage = createBrowserStorage(windowWith({ localStorage }))
  storage.set('theme', 'dark')
  expect(storage.get('theme')).toBe('dark')
  storage.set('theme', 'a')
  expect(storage.get('theme')).toBe('a')
})

test('a browser that denies storage is no failure', () => {
  const refusing = {
    get localStorage() {
      throw new Error('SecurityError')
    },
  }
  const storage = createBrowserStorage(
    Object.setPrototypeOf({ addEventListener() {} }, refusing) as Window,
  )
  storage.set('theme', 'dark')
  expect(storage.get('theme')).toBe('dark')
})
