import { expect, test } from 'bun:test'
import { signal } from '@preact/signals'
import { createToasts } from './toasts.tsx'

const toast = { text: 'Rated Alien 4', subject: 'alien', undo() {} }

test('a toast about what has failed is gone, also when its error is no longer shown', () => {
  const error = signal('')
  const toasts = createToasts(() => error.value !== '')
  toasts.show(toast)
  expect(toasts.current.value).toBe(toast)
  error.value = 'rating is down'
  expect(toasts.current.value).toBeUndefined()
  error.value = ''
  expect(toasts.current.value).toBeUndefined()
  toasts.show(toast)
  expect(toasts.current.value).toBe(toast)
})
