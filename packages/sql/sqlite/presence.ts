import { statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

/** How often it is looked whether the file is there, in milliseconds. */
const lookIntervalMs = 2_000

/**
 * Reports, once, that a file was removed or replaced while it was in use: the process would go on reading and writing what
 * nobody can open any more, without an error. Call it when the file has been opened.
 */
export function watchPresence(path: string, onGone: (reason: string) => void): Disposable {
  const { dev, ino } = statSync(path, { bigint: true })

  async function look(): Promise<void> {
    const reason = await reasonOf(path, (now) => now.dev === dev && now.ino === ino)
    if (reason === undefined) return
    clearInterval(timer)
    onGone(reason)
  }

  const timer = setInterval(look, lookIntervalMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/** Why it is not the same file; undefined when it is, and when the look failed for another reason. */
async function reasonOf(
  path: string,
  isSame: (now: FileIdentity) => boolean,
): Promise<string | undefined> {
  try {
    const now = await stat(path, { bigint: true })
    return isSame(now) ? undefined : 'another file has its name now'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'it was removed' : undefined
  }
}
