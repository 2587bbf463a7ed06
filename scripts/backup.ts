/** Backs up or restores an SQLite database: `bun run backup` and `bun run restore`. */
import { parseArgs } from 'node:util'
import { hideHarmlessWarnings } from '@marquee/service/process/warnings'
import { backUp, restore } from '@marquee/sql/sqlite/backup'

const help = `bun run backup DATABASE BACKUP     copies the database to a new file, even while a service uses it
bun run restore DATABASE BACKUP    replaces the database with a backup; stop the service first

Both check the whole file that they copy, and stop when it is damaged. A restore keeps the replaced
database beside the new one.
Exit codes: 0 done; 1 failed; 2 wrong arguments.`

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { help: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [command, path, backup, ...rest] = positionals
  const complete = path !== undefined && backup !== undefined && rest.length === 0
  if (values.help || !complete) {
    console.log(help)
    return values.help ? 0 : 2
  }
  if (command === 'backup') {
    await backUp(path, backup)
    console.log(`backed up ${path} to ${backup}`)
    return 0
  }
  const kept = await restore(path, backup, { now: new Date() })
  console.log(`restored ${path}${kept ? `; the replaced database is ${kept}` : ''}`)
  return 0
}

hideHarmlessWarnings()
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(`marquee: ${(error as Error).message}`)
  process.exitCode = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1
}
