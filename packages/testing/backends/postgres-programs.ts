import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Folders in which Debian and Red Hat install the programs, one per version, off the PATH. */
const homes = ['/usr/lib/postgresql', '/usr/pgsql']

/** Returns the folder of the newest PostgreSQL's programs, if it is new enough. */
export function findPrograms(versionMin: number, env = process.env): string | undefined {
  const onPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const elsewhere = homes
    .filter((home) => existsSync(home))
    .flatMap((home) => readdirSync(home).map((version) => join(home, version, 'bin')))
  const found = [...onPath, ...elsewhere]
    .filter((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))))
    .map((folder) => ({ folder, version: versionOf(folder) }))
    .filter(({ version }) => version >= versionMin)
    .sort((a, b) => b.version - a.version)
  return found[0]?.folder
}

/** Returns the major version: 15 for `postgres (PostgreSQL) 15.14 (Debian …)`. */
function versionOf(folder: string): number {
  const output = execFileSync(join(folder, 'postgres'), ['--version']).toString()
  return Number(/ (\d+)/.exec(output)?.[1] ?? 0)
}
