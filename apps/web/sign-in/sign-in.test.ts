import { expect, test } from 'bun:test'
import { defaultAddresses } from '../addresses.ts'
import { createSignIn } from './sign-in.ts'

const clients = { addresses: async () => defaultAddresses }

test('a browser that denies storage keeps a rating for the sign-in without a failure', async () => {
  const refusing = {
    get sessionStorage() {
      throw new Error('SecurityError')
    },
  }
  const signIn = createSignIn(clients, Object.setPrototypeOf({}, refusing) as Window)
  await signIn.ready
  signIn.keep('alien', 4)
  expect(signIn.state.value).toEqual({ status: 'signed-out' })
})

test('kept ratings that are not valid are ignored', () => {
  const wrong = [null, 'alien', { movieId: 7 }, { movieId: 'alien', value: '5' }]
  const texts = new Map([['marquee.kept', JSON.stringify(wrong)]])
  const sessionStorage = {
    getItem: (name: string) => texts.get(name) ?? null,
    setItem: (name: string, text: string) => void texts.set(name, text),
  }
  createSignIn(clients, { sessionStorage } as unknown as Window).keep('heat', 4)
  expect(JSON.parse(texts.get('marquee.kept') ?? '')).toEqual([{ movieId: 'heat', value: 4 }])
})
