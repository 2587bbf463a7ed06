import { closeSync, openSync, type Stats, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { blockThread } from '@marquee/back-off/block-thread'
import { backfilledFrames, type Frame, openLog, readAt, type WriteAheadLog } from './wal.ts'

/** Number of looks at files that do not match, and the time between two, in milliseconds. */
const looks = { countMax: 100, intervalMs: 10 }

/**
 * Checks the files of a database that is about to be opened. SQLite removes its write-ahead log on
 * a clean close. When the log still exists, the returned function reads the whole database, and
 * throws when it is damaged. Throws when the log seems to belong to another file: SQLite would apply
 * it to a backup that was copied back. While another process uses the database, its files may not
 * match for a moment, so the check looks again for a second before it throws.
 * @param wait Blocks the thread. Default: `Atomics.wait`.
 */
export function checkAfterCrash(
  path: string,
  wait = blockThread,
): ((db: DatabaseSync) => void) | undefined {
  let refused = ''
  for (let look = 1; look <= looks.countMax; look++) {
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
    const file = statSync(path, { throwIfNoEntry: false })
    if (!log?.size || !file?.size) return undefined
    if (!mayBeReplaced(file, log)) return (db) => checkWhole(db, 'quick_check')
    const state = [file.mtimeMs, file.size, log.mtimeMs, log.size].join()
    // A long log is read again only when something has changed, and at last.
    const isNews = state !== refused || look === looks.countMax
    if (isNews && isCheckpointed(path)) return (db) => checkWhole(db, 'integrity_check')
    refused = state
    wait(looks.intervalMs)
  }
  throw new Error(
    `it was replaced, and ${path}-wal belongs to the former file: stop the service and run "bun run restore ` +
      `${path} BACKUP", with ${path} as the backup to keep the present file`,
  )
}

/**
 * Returns whether the file may have been replaced. A log is created after its database, and written
 * after it except by a checkpoint, which copies the log into the file.
 */
function mayBeReplaced(file: Stats, log: Stats): boolean {
  return file.mtimeMs > log.mtimeMs || file.birthtimeMs > log.birthtimeMs
}

/**
 * Write version in the first page: 2 for a database that has a write-ahead log, 1 for others
 * (https://sqlite.org/fileformat2.html#file_format_version_numbers), such as a copy by `VACUUM INTO`
 * that nobody has opened.
 */
const writeVersion = { offset: 18, withLog: 2 }

/**
 * Returns whether the database may be the result of a checkpoint of this log. A reader holds a
 * checkpoint back. It then copies the last frame of each page up to the reader's mark, and leaves
 * out every page that has a frame after it (`walCheckpoint` in
 * https://sqlite.org/src/file/src/wal.c). So the pages whose last frame it had to copy decide.
 *
 * A copy, byte for byte, of a state that the log has may count as its result: with the log, it
 * becomes the same database.
 */
function isCheckpointed(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    if (readAt(file, writeVersion.offset, 1)?.readUInt8() !== writeVersion.withLog) return false
    using log = openLog(`${path}-wal`)
    if (log === undefined || log.frames.length === 0) return true
    const isCopied = ({ page, read }: Frame) => {
      const logged = read()
      if (logged === undefined) return false
      const found = readAt(file, (page - 1) * logged.length, logged.length)
      return found?.equals(logged) ?? false
    }
    const needed = neededFrames(log, backfilledFrames(`${path}-shm`, log))
    // A checkpoint that did not finish has copied some page.
    return needed.length > 0 ? needed.every(isCopied) : log.frames.some(isCopied)
  } finally {
    closeSync(file)
  }
}

/**
 * Returns the frames that a checkpoint has certainly copied, and no later one has replaced.
 * @param backfilled Number of frames that it covered. Default: as few as it can have covered, when
 *   it wrote to the file.
 */
function neededFrames({ frames, commits }: WriteAheadLog, backfilled: number | undefined): Frame[] {
  const lastFrames = [...new Map(frames.map((frame) => [frame.page, frame])).values()]
  const earliest = Math.min(...lastFrames.map(({ index }) => index))
  const mark = backfilled ?? commits.find(({ index }) => index >= earliest)?.index ?? 0
  // A checkpoint leaves out pages after the end of the database.
  const counts = commits.filter(({ index }) => index >= mark).map(({ pageCount }) => pageCount)
  const pageCount = Math.min(...counts)
  return lastFrames.filter(({ index, page }) => index <= mark && page <= pageCount)
}

/**
 * Throws when the database is not intact. The quick check does not compare indexes with their
 * tables (https://sqlite.org/pragma.html#pragma_integrity_check).
 */
function checkWhole(db: DatabaseSync, check: 'quick_check' | 'integrity_check'): void {
  const found = db.prepare(`PRAGMA ${check}(1)`).get()?.[check]
  if (found === 'ok') return
  const [first = ''] = String(found).split('\n').slice(-1)
  throw new Error(`it is damaged, restore a backup (${first})`)
}
