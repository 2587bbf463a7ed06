import { afterAll, beforeAll, expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describeWith } from '../requirements.ts'
import { type TemporaryFolder, temporaryFolder } from '../temporary-folder.ts'
import type { Program } from './backend.ts'
import { backendsFolder } from './cache.ts'
import { consul, startConsul } from './consul.ts'
import { down, status, up } from './control.ts'
import { postgres } from './postgres.ts'
import { identify } from './processes.ts'
import { serverPorts } from './server-ports.ts'
import { backend, installed, readShared, writeShared } from './shared.ts'

/**
 * Cache of this file with the programs of the real cache, so that the real backends are not
 * affected.
 */
let cache: TemporaryFolder
const cacheBefore = process.env.XDG_CACHE_HOME

beforeAll(async () => {
  const real = backendsFolder()
  cache = await temporaryFolder()
  process.env.XDG_CACHE_HOME = cache.path
  await mkdir(backendsFolder(), { recursive: true })
  const programs = existsSync(real) ? readdirSync(real).filter((name) => /-\d/.test(name)) : []
  for (const name of programs) symlinkSync(join(real, name), join(backendsFolder(), name))
})

afterAll(async () => {
  if (cacheBefore === undefined) delete process.env.XDG_CACHE_HOME
  else process.env.XDG_CACHE_HOME = cacheBefore
  await cache[Symbol.asyncDispose]()
})

const said: string[] = []
const log = (text: string): void => void said.push(text)

/** Runs `up`. Disposing runs `down` and removes the data. */
async function isUp(
  program: Program,
  freePorts = false,
): Promise<AsyncDisposable & { readonly address: string }> {
  const address = await up(program, { freePorts }, log)
  return { address, [Symbol.asyncDispose]: () => down(program, true, log) }
}

/** Returns the Consul program on another default port, so that no other Consul interferes. */
function onPort(port: number | undefined): Program {
  return { ...consul, defaultPort: port ?? 0 }
}

describeWith(installed('consul'), 'bun run backends up and down', () => {
  test('up starts a backend on the default port once, and down stops it', async () => {
    const [port] = await serverPorts(1)
    const program = onPort(port)
    expect(backend('consul')).toEqual({ missing: expect.stringContaining('backends up') })
    await using first = await isUp(program)
    expect(first.address).toBe(`127.0.0.1:${port}`)
    expect(backend('consul')).toEqual({ value: first.address })
    const shared = readShared('consul')
    expect(await up(program, { freePorts: false }, log)).toBe(first.address)
    expect(readShared('consul')).toEqual(shared)
    expect(await status(program)).toEqual(shared)

    await down(program, false, log)
    expect(identify(shared?.process?.pid ?? 0)).toBeUndefined()
    expect(backend('consul')).toEqual({ missing: expect.stringContaining('backends up') })
    expect(await status(program)).toBeUndefined()
    await down(program, false, log)
  })

  test('up takes another port when another program listens on the default port', async () => {
    await using stranger = createServer((socket) => socket.resume().end('hello\n'))
    await once(stranger.listen(0, '127.0.0.1'), 'listening')
    const { port } = stranger.address() as { port: number }
    await using found = await isUp(onPort(port))
    expect(found.address).not.toBe(`127.0.0.1:${port}`)
    expect(said).toContain(`port ${port} is taken: consul gets another`)
  })

  test('up uses a backend that another program started, and down does not stop it', async () => {
    await using other = await startConsul()
    const program = onPort(Number(other.address.split(':')[1]))
    {
      await using found = await isUp(program)
      expect(found.address).toBe(other.address)
      expect(backend('consul')).toEqual({ value: other.address })
    }
    await consul.probe(other.address)
    expect(backend('consul')).toEqual({ missing: expect.stringContaining('backends up') })
  })

  test('down does not stop a process that reuses the number of an earlier one', async () => {
    const bystander = spawn('sleep', ['60'])
    await once(bystander, 'spawn')
    const pid = bystander.pid ?? 0
    try {
      writeShared('consul', { address: '127.0.0.1:1', process: { pid, startTime: '1' } })
      expect(backend('consul')).toEqual({ missing: expect.stringContaining('backends up') })
      await down(consul, true, log)
      expect(identify(pid)).toBeDefined()
    } finally {
      bystander.kill()
    }
  })

  test('up reports the end of the log when the backend does not start', async () => {
    const broken: Program = {
      ...consul,
      async configure(folder, ports, options) {
        const server = await consul.configure(folder, ports, options)
        return { ...server, command: [...server.command, '-no-such-flag'] }
      },
    }
    try {
      await expect(up(broken, { freePorts: true }, log)).rejects.toThrow(/no-such-flag/)
    } finally {
      await down(broken, true, log)
    }
  })
})

describeWith(installed('postgres'), 'bun run backends with PostgreSQL', () => {
  test('a backend keeps its data between down and up, unless the data is removed', async () => {
    await using _ = await isUp(postgres, true)
    const folder = readShared('postgres')?.folder ?? ''
    await down(postgres, false, log)
    await up(postgres, { freePorts: true }, log)
    expect(readShared('postgres')?.folder).toBe(folder)
    await down(postgres, true, log)
    expect(existsSync(folder)).toBe(false)
    expect(readShared('postgres')).toBeUndefined()
  })
})
