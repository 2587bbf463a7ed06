import { execFileSync } from 'node:child_process'

interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * Returns, for root, a user for programs that refuse to run as root. `undefined` for other users.
 */
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

/** Returns the command as root runs it for an ordinary user. Unchanged for other users. */
export function asOrdinaryUser(command: readonly string[]): [string, ...string[]] {
  const user = ordinaryUser()
  const identity = user && [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--']
  const [file = '', ...args] = identity ? ['setpriv', ...identity, ...command] : command
  return [file, ...args]
}

/** Returns an id of a user, or `undefined` when there is no such user. */
function readId(flag: '-u' | '-g', name: string): number | undefined {
  try {
    return Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined
  }
}
