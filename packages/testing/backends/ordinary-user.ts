import { execFileSync } from 'node:child_process'

interface Account {
  readonly uid: number
  readonly gid: number
}

/** For root: somebody who may run what refuses to run as root. Undefined for all others. */
export function ordinaryUser(): Account | undefined {
  if (!isRoot()) return undefined
  for (const name of ['postgres', 'nobody']) {
    const uid = readId('-u', name)
    const gid = readId('-g', name)
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  return undefined
}

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** The command as root gives it to an ordinary user; as it is for all others. */
export function asOrdinaryUser(command: readonly string[]): [string, ...string[]] {
  const user = ordinaryUser()
  const identity = user && [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--']
  const [file = '', ...args] = identity ? ['setpriv', ...identity, ...command] : command
  return [file, ...args]
}

/** Undefined when there is no user of that name. */
function readId(flag: '-u' | '-g', name: string): number | undefined {
  try {
    return Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined
  }
}
