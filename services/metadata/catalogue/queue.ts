/** Runs a task, later when too many are running. */
export type Queue = <T>(task: () => Promise<T>) => Promise<T>

/** Creates a queue that runs a number of tasks at once, and the others in the order of their calls. */
export function createQueue(countMax: number): Queue {
  const waiting: (() => void)[] = []
  let runningCount = 0
  return async (task) => {
    if (runningCount < countMax) runningCount++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await task()
    } finally {
      // The next task takes the place of this one.
      const next = waiting.shift()
      if (next) next()
      else runningCount--
    }
  }
}
