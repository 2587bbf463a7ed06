import { closeSync, openSync, readSync } from 'node:fs'
import { endianness } from 'node:os'

/** Page that a committed transaction wrote to a write-ahead log. */
export interface Frame {
  /** Number of the frame in the log, from 1. */
  readonly index: number
  /** Number of the page in the database, from 1. */
  readonly page: number
  readonly read: () => Buffer | undefined
}

/** End of a transaction. */
export interface Commit {
  /** Number of its last frame. */
  readonly index: number
  /** Number of pages of the database after it. */
  readonly pageCount: number
}

/** Open write-ahead log. */
export interface WriteAheadLog extends Disposable {
  /** Identify this use of the file. */
  readonly salts: Buffer
  /** Frames of committed transactions, in order. */
  readonly frames: readonly Frame[]
  readonly commits: readonly Commit[]
}

/**
 * Header sizes of the log and of each of its frames, in bytes
 * (https://sqlite.org/fileformat2.html#the_write_ahead_log).
 */
const headerBytes = { log: 32, frame: 24 }

/** Opens a write-ahead log. Returns `undefined` when it has no header. */
export function openLog(path: string): WriteAheadLog | undefined {
  const file = openSync(path, 'r')
  const header = readAt(file, 0, headerBytes.log)
  if (header === undefined) {
    closeSync(file)
    return undefined
  }
  const salts = header.subarray(16, 24)
  const content = committed(file, salts, header.readUInt32BE(8))
  return { salts, ...content, [Symbol.dispose]: () => closeSync(file) }
}

/** Reads the frames up to the last commit. A frame of an earlier use of the log has other salts. */
function committed(file: number, salts: Buffer, pageBytes: number) {
  const frames: Frame[] = []
  const commits: Commit[] = []
  const step = headerBytes.frame + pageBytes
  for (let index = 1, open: Frame[] = []; ; index++) {
    const offset = headerBytes.log + (index - 1) * step
    const header = readAt(file, offset, headerBytes.frame)
    if (header === undefined || !header.subarray(8, 16).equals(salts)) return { frames, commits }
    const read = () => readAt(file, offset + headerBytes.frame, pageBytes)
    open.push({ index, page: header.readUInt32BE(0), read })
    const pageCount = header.readUInt32BE(4)
    if (pageCount === 0) continue
    commits.push({ index, pageCount })
    frames.push(...open)
    open = []
  }
}

/**
 * Layout of the log's index in shared memory (https://sqlite.org/walformat.html): two copies of its
 * header, then how much of the log is in the database. It has the byte order of the machine.
 */
const indexLayout = { headerBytes: 48, saltsOffset: 32, nBackfillOffset: 96, bytes: 100 }

/**
 * Returns the number of frames that complete checkpoints have covered, by the index of the log.
 * After a loss of power it may be too small. `undefined` when there is no index of this log.
 */
export function backfilledFrames(path: string, { salts }: WriteAheadLog): number | undefined {
  const { headerBytes: bytes, saltsOffset, nBackfillOffset } = indexLayout
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const index = readAt(file, 0, indexLayout.bytes)
    if (index === undefined) return undefined
    const header = index.subarray(0, bytes)
    const isWhole = header.equals(index.subarray(bytes, 2 * bytes))
    const isOfLog = header.subarray(saltsOffset, saltsOffset + salts.length).equals(salts)
    if (!isWhole || !isOfLog) return undefined
    return new DataView(index.buffer, index.byteOffset).getUint32(nBackfillOffset, isLittleEndian)
  } finally {
    closeSync(file)
  }
}

const isLittleEndian = endianness() === 'LE'

/** Returns `undefined` when the file is too short. */
export function readAt(file: number, offset: number, length: number): Buffer | undefined {
  const buffer = Buffer.alloc(length)
  return readSync(file, buffer, 0, length, offset) === length ? buffer : undefined
}
