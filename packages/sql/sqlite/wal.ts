import { closeSync, openSync, readSync } from 'node:fs'

/** A page in the state after the last transaction of the log. */
export interface LoggedPage {
  /** Number of the page, from 1. */
  readonly number: number
  readonly content: Buffer
}

/**
 * Header sizes of the log and of each of its frames, in bytes
 * (https://sqlite.org/fileformat2.html#the_write_ahead_log).
 */
const headerBytes = { log: 32, frame: 24 }
const saltBytes = 8

/**
 * Yields the pages that committed transactions have written to a write-ahead log, each once, by
 * page number.
 */
export function* pagesOfLog(path: string): Generator<LoggedPage> {
  const log = openSync(path, 'r')
  try {
    const header = readAt(log, 0, headerBytes.log)
    if (header === undefined) return
    const pageBytes = header.readUInt32BE(8)
    const frames = [...committedFrames(log, header, pageBytes)].sort(([a], [b]) => a - b)
    for (const [number, offset] of frames) {
      const content = readAt(log, offset + headerBytes.frame, pageBytes)
      if (content !== undefined) yield { number, content }
    }
  } finally {
    closeSync(log)
  }
}

/**
 * Returns the offset of the last committed frame of each page. A frame of an earlier use of the log
 * has other salts.
 */
function committedFrames(log: number, header: Buffer, pageBytes: number): Map<number, number> {
  const salts = header.subarray(16, 16 + saltBytes)
  const committed = new Map<number, number>()
  let open: [number, number][] = []
  const step = headerBytes.frame + pageBytes
  for (let offset = headerBytes.log; ; offset += step) {
    const frame = readAt(log, offset, headerBytes.frame)
    if (frame === undefined || !frame.subarray(8, 8 + saltBytes).equals(salts)) return committed
    open.push([frame.readUInt32BE(0), offset])
    if (frame.readUInt32BE(4) === 0) continue
    for (const [number, at] of open) committed.set(number, at)
    open = []
  }
}

/** Returns `undefined` when the file is too short. */
function readAt(file: number, offset: number, length: number): Buffer | undefined {
  const buffer = Buffer.alloc(length)
  return readSync(file, buffer, 0, length, offset) === length ? buffer : undefined
}
