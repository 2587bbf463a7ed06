import { totalmem } from 'node:os'
import type { Flags } from './flags.ts'

const mebibyte = 1024 ** 2

/**
 * Share of the memory that requests may hold. The rest is for the program, its stores and garbage.
 */
const budgetShare = 1 / 4
const budgetBytesMin = 16 * mebibyte

/**
 * Memory that the process may use, in bytes: the limit of its container (cgroup), or all of the
 * machine's.
 */
export function memoryLimitBytes(): number {
  const total = totalmem()
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, total) : total
}

/**
 * Reads the memory budget: the memory that the requests of all clients may hold, in bytes.
 * @param workers Number of processes that share it evenly.
 * @returns the budget of one process.
 */
export function readMemoryBudget(flags: Flags, workers = 1): number {
  const bytes = Math.max(budgetBytesMin, memoryLimitBytes() * budgetShare)
  const mebibytes = flags.integer({
    flag: 'memory-budget',
    help: 'memory that the requests of all clients may hold, in MiB; a quarter of what the process may use',
    default: Math.floor(bytes / mebibyte),
    min: budgetBytesMin / mebibyte,
    max: 1_048_576,
  })
  const bytesOfOne = Math.floor((mebibytes * mebibyte) / workers)
  if (bytesOfOne >= budgetBytesMin) return bytesOfOne
  const mebibytesMin = (budgetBytesMin / mebibyte) * workers
  flags.refuse(
    `--memory-budget is ${mebibytes}: give at least ${mebibytesMin} for ${workers} workers`,
  )
  return budgetBytesMin
}
