import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Found, leftOut } from '../tools.ts'
import type { BackendName } from './backend.ts'
import { backendsFolder } from './cache.ts'
import { consul } from './consul.ts'
import { kafka } from './kafka.ts'
import { postgres } from './postgres.ts'
import { isRunning, type ProcessIdentity } from './processes.ts'

export type { BackendName } from './backend.ts'

/** A backend that `bun run backends up` has started or found. */
export interface SharedBackend {
  readonly address: string
  /** `undefined` when another program started it. */
  readonly process?: ProcessIdentity
  /** `undefined` when another program started it. */
  readonly folder?: string
}

export const programs = { kafka, consul, postgres }

/**
 * Returns the address of a backend that `bun run backends up` has started, or why there is none.
 * Tests share it: each uses unique names of topics, services and databases.
 */
export function backend(name: BackendName): Found<string> {
  if (process.env.MARQUEE_TESTS) return leftOut
  const shared = readShared(name)
  if (shared && runs(shared)) return { value: shared.address }
  return { missing: `${name} is not running; start it with \`bun run backends up\`` }
}

/** Returns the location of a program, so that tests can start their own, or why they cannot. */
export function installed(name: BackendName): Found<string> {
  if (process.env.MARQUEE_TESTS) return leftOut
  return programs[name].installed()
}

/** Returns whether a backend's process runs. Makes no request to it. */
export function runs({ address, process }: SharedBackend): boolean {
  return address !== '' && (process === undefined || isRunning(process))
}

export function readShared(name: BackendName): SharedBackend | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(name), 'utf8')) as SharedBackend
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function writeShared(name: BackendName, shared: SharedBackend): void {
  mkdirSync(dirname(stateFile(name)), { recursive: true })
  writeFileSync(stateFile(name), JSON.stringify(shared))
}

export function forgetShared(name: BackendName): void {
  rmSync(stateFile(name), { force: true })
}

function stateFile(name: BackendName): string {
  return join(backendsFolder(), 'state', `${name}.json`)
}
