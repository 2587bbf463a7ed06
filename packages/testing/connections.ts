import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Found } from './tools.ts'

/** Counts the established TCP connections of a process to a port of this machine. */
export type CountConnections = (pid: number, port: number) => number

const established = '01'

/** Returns the counter. Only Linux provides the files that it reads (proc_pid_net(5)). */
export function connectionCounter(): Found<CountConnections> {
  if (!existsSync('/proc/net/tcp'))
    return { missing: '/proc/net/tcp is missing: only Linux has it' }
  return { value: countConnections }
}

function countConnections(pid: number, port: number): number {
  const own = socketInodes(pid)
  const remotePort = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote, state, , , , , , inode]) => {
      const isThere = remote?.endsWith(remotePort) && state === established
      return isThere && inode !== undefined && own.has(inode)
    }).length
}

function socketInodes(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`
  const inodes = readdirSync(folder).map((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.[1]
    } catch (error) {
      // The file descriptor was closed meanwhile.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  })
  return new Set(inodes.filter((inode) => inode !== undefined))
}
