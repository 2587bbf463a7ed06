import { closeSync, openSync, statSync, writeSync } from 'node:fs'

const pageBytes = 4096

/** Overwrites pages in the middle of a database file. */
export function damagePages(path: string): void {
  const pages = statSync(path).size / pageBytes
  const file = openSync(path, 'r+')
  const nonsense = new Uint8Array(pageBytes).fill(0x5a)
  for (let page = Math.floor(pages / 2); page < pages - 5; page++) {
    writeSync(file, nonsense, 0, pageBytes, page * pageBytes)
  }
  closeSync(file)
}
