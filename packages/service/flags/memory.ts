import { totalmem } from 'node:os'
import type { Flags } from './flags.ts'

const mebibyte = 1024 ** 2

/** Part of the memory that clients may make the process hold: the rest is for the program, its stores and what it frees late. */
const budgetShare = 1 / 4
const budgetBytesMin = 16 * mebibyte

/** What the process may use: the limit of its container (cgroup), or all that the machine has. In bytes. */
export function memoryLimitBytes(): number {
  const total = totalmem()
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, total) : total
}

/** Reads how much memory clients together may make the process hold, in bytes. */
export function readMemoryBudget(flags: Flags): number {
  const bytes = Math.max(budgetBytesMin, memoryLimitBytes() * budgetShare)
  const mebibytes = flags.integer({
    flag: 'memory-budget',
    help: 'how much memory clients may make the process hold, in MiB; a quarter of what it may use',
    default: Math.floor(bytes / mebibyte),
    min: budgetBytesMin / mebibyte,
    max: 1_048_576,
  })
  return mebibytes * mebibyte
}
