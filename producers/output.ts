import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Terminal, UsageError } from './program.ts'

/** Files, or standard output, that are being written. Disposing before `finish` removes the files. */
export interface Output extends AsyncDisposable {
  /** Appends texts to files. Resolves when the system has taken them. */
  append(pieces: readonly { readonly file: string; readonly text: string }[]): Promise<void>
  /** Gives the files their names: a file with its name is complete. */
  finish(): Promise<void>
}

/** Opens standard output. */
export function openStandardOutput({ stdout }: Pick<Terminal, 'stdout'>): Output {
  return {
    async append(pieces) {
      const text = pieces.map((piece) => piece.text).join('')
      if (text !== '') await stdout.write(text)
    },
    async finish() {},
    async [Symbol.asyncDispose]() {},
  }
}

/**
 * Opens a file, or the files of a folder, which is created when it does not exist. Rejects with a
 * `UsageError` when they cannot be written.
 * @param names Names of the files in the folder. Empty for one file.
 */
export async function openFiles(path: string, names: readonly string[]): Promise<Output> {
  await using opened = new AsyncDisposableStack()
  const files = new Map<string, FileHandle>()
  const paths = new Map((names.length > 0 ? names : ['']).map((name) => [name, join(path, name)]))
  try {
    if (names.length > 0) await mkdir(path, { recursive: true })
    for (const [name, target] of paths) {
      const file = await open(partOf(target), 'w')
      files.set(name, file)
      opened.defer(async () => {
        await file.close()
        await rm(partOf(target), { force: true })
      })
    }
  } catch (cause) {
    throw new UsageError(`cannot write ${path}: ${(cause as Error).message}`, { cause })
  }
  const resources = opened.move()
  return {
    async append(pieces) {
      const texts = Map.groupBy(pieces, ({ file }) => file)
      for (const [name, own] of texts) {
        await files.get(name)?.appendFile(own.map(({ text }) => text).join(''))
      }
    },
    async finish() {
      for (const [name, target] of paths) {
        await files.get(name)?.sync()
        await rename(partOf(target), target)
      }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** Returns the name of a file that is not complete. */
function partOf(path: string): string {
  return `${path}.part`
}
