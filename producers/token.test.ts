import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { readTokens } from './token.ts'

test('a token file is read again for each call, and wins over the variable', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'token')
  await writeFile(path, 'first\n')
  const readToken = await readTokens({ 'token-file': path }, 'variable')
  expect(await readToken()).toBe('first')
  await writeFile(path, 'second')
  expect(await readToken()).toBe('second')
})

test('without a file, the token is that of the variable, if it has one', async () => {
  expect(await (await readTokens({}, 'variable\n'))()).toBe('variable')
  expect(await (await readTokens({}, ''))()).toBeUndefined()
  expect(await (await readTokens({}, undefined))()).toBeUndefined()
  const failure = await readTokens({}, 'Bearer secret').catch((error: Error) => error.message)
  expect(failure).toBe('MARQUEE_TOKEN has no token: it must be one word, without "Bearer"')
})
