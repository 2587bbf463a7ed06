import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type ToolName, tool } from '../tools.ts'

/** Where backends, their data and what is known of them are kept, outside the work tree. */
export function backendsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'marquee', 'backends')
}

/**
 * Builds a folder of the cache once. It appears under its name only when it is whole, so a build
 * that was cut off is repeated; of two at once, the first counts.
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

/** Throws with what to do when a program that an installation needs is absent. */
export function requireTool(name: ToolName): void {
  const found = tool(name)
  if ('missing' in found) throw new Error(found.missing)
}

/** Runs a command to its end. Rejects with the last lines it wrote when it fails. */
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

/** The last lines of a log, or what there is of it. */
export async function lastLines(path: string, count = 40): Promise<string> {
  const text = await readFile(path, 'utf8')
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
