import { statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

/** Interval of checks that the file still exists, in milliseconds. */
const checkIntervalMs = 2_000

/**
 * Reports, once, that a file was removed or replaced while in use. The process would otherwise
 * continue to read and write a file that nobody can open any more, without an error. Call it after
 * opening the file.
 */
export function watchPresence(path: string, onGone: (reason: string) => void): Disposable {
  const { dev, ino } = statSync(path, { bigint: true })

  async function check(): Promise<void> {
    const reason = await reasonOf(path, (now) => now.dev === dev && now.ino === ino)
    if (reason === undefined) return
    clearInterval(timer)
    onGone(reason)
  }

  const timer = setInterval(check, checkIntervalMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/**
 * Returns why it is not the same file. `undefined` when it is, and when the check failed for
 * another reason.
 */
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
