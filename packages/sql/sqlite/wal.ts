import { closeSync, openSync, readSync } from 'node:fs'

/** A page as the last transaction of the log has left it. */
export interface LoggedPage {
  /** 1 for the first page of the database. */
  readonly number: number
  readonly content: Buffer
}

/** Of the log and of each of its frames (https://sqlite.org/fileformat2.html#the_write_ahead_log). */
const headerBytes = { log: 32, frame: 24 }
const saltBytes = 8

/** The pages of a write-ahead log that committed transactions have written, each once, in the order of their numbers. */
export function* pagesOfLog(path: string): Generator<LoggedPage> {
  const log = openSync(path, 'r')
  try {
    const header = readAt(log, 0, headerBytes.log)
    if (header === undefined) return
    const pageBytes = header.readUInt32BE(8)
    const frames = [...committedFrames(log, header, pageBytes)].sort(([a], [b]) => a - b)
    for (const [number, place] of frames) {
      const content = readAt(log, place + headerBytes.frame, pageBytes)
      if (content !== undefined) yield { number, content }
    }
  } finally {
    closeSync(log)
  }
}

/** The places of the last committed frame of each page. A frame of an earlier use of the log has other salts. */
function committedFrames(log: number, header: Buffer, pageBytes: number): Map<number, number> {
  const salts = header.subarray(16, 16 + saltBytes)
  const committed = new Map<number, number>()
  let open: [number, number][] = []
  const step = headerBytes.frame + pageBytes
  for (let place = headerBytes.log; ; place += step) {
    const frame = readAt(log, place, headerBytes.frame)
    if (frame === undefined || !frame.subarray(8, 8 + saltBytes).equals(salts)) return committed
    open.push([frame.readUInt32BE(0), place])
    if (frame.readUInt32BE(4) === 0) continue
    for (const [number, at] of open) committed.set(number, at)
    open = []
  }
}

/** Undefined when the file ends before. */
function readAt(file: number, place: number, length: number): Buffer | undefined {
  const buffer = Buffer.alloc(length)
  return readSync(file, buffer, 0, length, place) === length ? buffer : undefined
}
