/** Backs up or restores an SQLite database: `bun run backup` and `bun run restore`. */
import { parseArgs } from 'node:util'
import { hideHarmlessWarnings } from '@marquee/service/process/warnings'
import { backUp, restore } from '@marquee/sql/sqlite/backup'
import { runCommand } from './command.ts'

const help = `bun run backup DATABASE BACKUP     copies the database to a new file, even while a service uses it
bun run restore DATABASE BACKUP    replaces the database with a backup; stop the service first

Both check the whole file that they copy, and stop when it is damaged. A restore keeps the replaced
database beside the new one.
Exit codes: 0 done; 1 failed; 2 wrong arguments.`

function readOptions(args: string[]) {
  const [command, path, backup, ...rest] = parseArgs({ args, allowPositionals: true }).positionals
  if (path === undefined || backup === undefined || rest.length > 0) {
    throw new Error('expected a database and a backup')
  }
  return { command, path, backup }
}

async function run({ command, path, backup }: ReturnType<typeof readOptions>): Promise<boolean> {
  try {
    if (command === 'backup') {
      await backUp(path, backup)
      console.log(`backed up ${path} to ${backup}`)
    } else {
      const kept = await restore(path, backup, { now: new Date() })
      console.log(`restored ${path}${kept ? `; the replaced database is ${kept}` : ''}`)
    }
    return true
  } catch (error) {
    console.error(`marquee: ${(error as Error).message}`)
    return false
  }
}

hideHarmlessWarnings()
await runCommand({ help, readOptions, run })
