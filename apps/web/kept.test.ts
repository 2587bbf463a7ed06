import { expect, test } from 'bun:test'
import { createKept } from './kept.ts'

const windowWith = (part: object) => ({ addEventListener() {}, ...part }) as unknown as Window

function storage(room: number) {
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

test('what is kept is in the browser', () => {
  const { localStorage, entries } = storage(100)
  const kept = createKept(windowWith({ localStorage }))
  expect(kept.get('theme')).toBeUndefined()
  kept.set('theme', 'dark')
  expect(kept.get('theme')).toBe('dark')
  expect(entries.get('theme')).toBe('dark')
})

test('what finds no room is known until the page is closed', () => {
  const { localStorage } = storage(3)
  const kept = createKept(windowWith({ localStorage }))
  kept.set('theme', 'dark')
  expect(kept.get('theme')).toBe('dark')
  kept.set('theme', 'a')
  expect(kept.get('theme')).toBe('a')
})

test('a browser that allows nothing to be kept is no reason to fail', () => {
  const refusing = {
    get localStorage() {
      throw new Error('SecurityError')
    },
  }
  const kept = createKept(Object.setPrototypeOf({ addEventListener() {} }, refusing) as Window)
  kept.set('theme', 'dark')
  expect(kept.get('theme')).toBe('dark')
})
