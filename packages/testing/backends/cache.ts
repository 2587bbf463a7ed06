import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type ToolName, tool } from '../tools.ts'

/** Returns the folder of the backends, their data and their state, outside the work tree. */
export function backendsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'marquee', 'backends')
}

/**
 * Builds a folder of the cache once. The folder gets its name only when it is complete, so an
 * interrupted build is repeated. Of two concurrent builds, the first is used.
 */
export async function installOnce(
  name: string,
  build: (folder: string) => Promise<void>,
  cache = backendsFolder(),
): Promise<void> {
  const target = join(cache, name)
  if (existsSync(target)) return
  await mkdir(cache, { recursive: true })
  const building = await mkdtemp(join(cache, '.building-'))
  try {
    await build(building)
    await rename(building, target).catch((error: Error) => {
      if (!existsSync(target)) throw error
    })
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

/** Throws an error with instructions when a program that an installation needs is missing. */
export function requireTool(name: ToolName): void {
  const found = tool(name)
  if ('missing' in found) throw new Error(found.missing)
}

/** Runs a command. Rejects with the last lines of its output when it fails. */
export async function run(
  folder: string,
  command: readonly [string, ...string[]],
  input = '',
): Promise<void> {
  const [file, ...args] = command
  const log = join(folder, `${file.replace(/.*\//, '')}.log`)
  await using output = await open(log, 'a')
  const child = spawn(file, args, { cwd: folder, stdio: ['pipe', output.fd, output.fd] })
  child.stdin?.on('error', () => undefined).end(input)
  const [code, signal] = await once(child, 'close')
  if (code === 0) return
  throw new Error(`${command.join(' ')} ended with ${signal ?? code}\n${await lastLines(log)}`)
}

/** Returns the last lines of a log, or what exists of it. */
export async function lastLines(path: string, count = 40): Promise<string> {
  const text = await readFile(path, 'utf8')
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
