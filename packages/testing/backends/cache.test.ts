import { expect, test } from 'bun:test'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../temporary-folder.ts'
import { installOnce, run } from './cache.ts'

test('a failed build leaves nothing in the cache, and is repeated', async () => {
  await using cache = await temporaryFolder()
  const build = async (folder: string, text: string): Promise<void> => {
    await writeFile(join(folder, 'program'), text)
    if (text === 'half') throw new Error('cut off')
  }
  const half = installOnce('tool-1', (folder) => build(folder, 'half'), cache.path)
  await expect(half).rejects.toThrow('cut off')
  expect(await readdir(cache.path)).toEqual([])
  await installOnce('tool-1', (folder) => build(folder, 'whole'), cache.path)
  await installOnce('tool-1', (folder) => build(folder, 'half'), cache.path)
  expect(await readFile(join(cache.path, 'tool-1', 'program'), 'utf8')).toBe('whole')
})

test('the first of two concurrent builds is used', async () => {
  await using cache = await temporaryFolder()
  const { promise: firstIsIn, resolve } = Promise.withResolvers<void>()
  const slow = installOnce(
    'tool-1',
    async (folder) => {
      await writeFile(join(folder, 'slow'), '')
      await firstIsIn
    },
    cache.path,
  )
  await installOnce('tool-1', (folder) => writeFile(join(folder, 'quick'), ''), cache.path)
  resolve()
  await slow
  expect(await readdir(cache.path)).toEqual(['tool-1'])
  expect(await readdir(join(cache.path, 'tool-1'))).toEqual(['quick'])
})

test('a command that fails reports its output', async () => {
  await using folder = await temporaryFolder()
  const failing = run(folder.path, ['sh', '-c', 'cat; echo complaint >&2; exit 3'], 'given')
  await expect(failing).rejects.toThrow(/ended with 3\ngivencomplaint/)
})
