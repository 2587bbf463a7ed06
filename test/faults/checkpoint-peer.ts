// A separate process for held-back-checkpoint.test.ts. Connections write to the database PATH as the SEED says,
// a reader holds checkpoints back, and the process kills itself after a checkpoint that has written
// to the file. It leaves two backups: PATH.copied, of before the log began, and PATH.vacuumed.
import { copyFileSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { createSeededRandom } from './seeded-random.ts'

const [path = '', seed = ''] = process.argv.slice(2)
const random = createSeededRandom(Number(seed))
const rowsMax = 400

function open(): DatabaseSync {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0')
  return db
}

const first = open()
const connections = [first, open()]
const reader = open()
const anyConnection = () => connections[random.integer(0, 1)] ?? first

function write(): void {
  const db = anyConnection()
  const put = db.prepare('INSERT OR REPLACE INTO thing VALUES (?, ?)')
  const update = db.prepare('UPDATE thing SET text = ? WHERE number = ?')
  db.exec('BEGIN IMMEDIATE')
  for (let count = random.integer(1, 10); count > 0; count--) {
    const number = random.integer(1, rowsMax)
    const text = `${count}`.repeat(random.integer(1, 400))
    if (random.integer(0, 3) === 0) put.run(number, text)
    else update.run(text, number)
  }
  db.exec('COMMIT')
}

function writeSome(): void {
  for (let count = random.integer(1, 6); count > 0; count--) write()
}

/** Keeps later checkpoints from what is written from now on. */
function read(): void {
  if (reader.isTransaction) reader.exec('COMMIT')
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM thing').get()
}

/** Returns whether the checkpoint has changed the file. */
function checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): boolean {
  const before = readFileSync(path)
  anyConnection().prepare(`PRAGMA wal_checkpoint(${mode})`).get()
  return !before.equals(readFileSync(path))
}

const insert = first.prepare('INSERT OR REPLACE INTO thing VALUES (?, ?)')
for (let number = 1; number <= rowsMax; number += 2) insert.run(number, 'x'.repeat(200))
checkpoint('TRUNCATE')
copyFileSync(path, `${path}.copied`)
writeSome()
checkpoint('TRUNCATE')
writeSome()
first.prepare('VACUUM INTO ?').run(`${path}.vacuumed`)
for (let count = random.integer(0, 2), isChanged = false; count >= 0 || !isChanged; count--) {
  writeSome()
  read()
  writeSome()
  isChanged = checkpoint('PASSIVE')
}
process.kill(process.pid, 'SIGKILL')
