import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { freePorts } from './free-ports.ts'
import { type Program, type ProgramOptions, spawnProgram } from './process.ts'
import { describeWith } from './requirements.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'
import { root, runtime } from './tools.ts'
import { waitFor } from './wait-for.ts'

const talker = `
import process from 'node:process'
console.log('args', process.argv.slice(2).join(' '))
console.error('secret', process.env.SECRET)
setInterval(() => {}, 1000)
`

async function start(
  folder: TemporaryFolder,
  source: string,
  options: Partial<ProgramOptions> = {},
): Promise<Program> {
  const path = join(folder.path, 'program.ts')
  await writeFile(path, source)
  const entry = relative(root, path)
  const env = { SECRET: 'seven' }
  return spawnProgram({ runtime: 'bun', entry, args: ['--port', '1'], env, ...options })
}

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `a program on ${name}`, () => {
    test('the output of a program is read on both streams, and disposing stops it', async () => {
      await using folder = await temporaryFolder()
      const program = await start(folder, talker, { runtime: name })
      {
        await using running = program
        expect((await running.waitForLine(/^args (.*)$/m))[1]).toBe('--port 1')
        expect((await running.waitForLine(/secret (\w+)/))[1]).toBe('seven')
        expect(() => process.kill(running.pid, 0)).not.toThrow()
      }
      expect(() => process.kill(program.pid, 0)).toThrow()
    })
  })
}

describe('a program', () => {
  test.each(['KAFKA_BROKERS', 'KAFKA_SASL_USERNAME', 'CONSUL_HTTP_TOKEN', 'DATABASE_URL', 'HOST'])(
    'does not know what a person has set for their own use as %s, but what the test gives',
    async (name) => {
      const before = process.env[name]
      process.env[name] = 'personal'
      try {
        await using folder = await temporaryFolder()
        const source = `console.log('it is', process.env.${name})`
        await using program = await start(folder, source)
        expect((await program.waitForLine(/^it is (.*)$/m))[1]).toBe('undefined')
        await using given = await start(folder, source, { env: { [name]: 'given' } })
        expect((await given.waitForLine(/^it is (.*)$/m))[1]).toBe('given')
      } finally {
        if (before === undefined) delete process.env[name]
        else process.env[name] = before
      }
    },
  )

  test('a program that ends without the awaited line reports its output', async () => {
    await using folder = await temporaryFolder()
    await using program = await start(folder, `console.log('no luck'); process.exitCode = 3`)
    const refusal = await program.waitForLine(/Ready/).catch((error: Error) => error.message)
    expect(refusal).toMatch(/has ended with 3[\s\S]*no luck/)
    expect(await program.exited).toEqual({ code: 3, signal: null })
  })

  test('waiting for the line of a silent program times out', async () => {
    await using folder = await temporaryFolder()
    await using program = await start(folder, talker)
    await program.waitForLine(/args/)
    await expect(program.waitForLine(/Ready/, 50)).rejects.toThrow(/is running[\s\S]*args --port 1/)
  })

  test('only the last part of an endless output is kept', async () => {
    await using folder = await temporaryFolder()
    const source = `for (let i = 0; i < 100_000; i++) console.log('line', i, 'end')`
    await using program = await start(folder, source)
    await program.exited
    expect(program.stdout().length).toBeLessThanOrEqual(256 * 1024)
    expect(program.stdout()).toEndWith('line 99999 end\n')
  })

  test('a program that ignores SIGTERM is killed', async () => {
    await using folder = await temporaryFolder()
    const program = await start(folder, `process.on('SIGTERM', () => {})\n${talker}`, {
      stopTimeoutMs: 100,
    })
    await program.waitForLine(/args/)
    await program[Symbol.asyncDispose]()
    expect(await program.exited).toEqual({ code: null, signal: 'SIGKILL' })
  })
})

test('free ports are different', async () => {
  const ports = await freePorts(3)
  expect(new Set(ports).size).toBe(3)
})

test('a temporary folder is removed with its files', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder.path, 'file'), 'text')
  await folder[Symbol.asyncDispose]()
  expect(existsSync(folder.path)).toBe(false)
})

test('waitFor reports the last error', async () => {
  const waiting = waitFor(() => Promise.reject(new Error('not yet')), {
    what: 'the impossible',
    timeoutMs: 30,
  })
  const error = await waiting.catch((reason: Error) => reason)
  expect(String(error)).toContain('the impossible')
  expect((error as Error).cause).toEqual(new Error('not yet'))
})
