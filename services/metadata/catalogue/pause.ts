/** Lets other work run before a long task continues. Rejects when the task is cancelled. */
export type Pause = () => Promise<void>

/** Number of slots that one turn of the event loop looks at: a few milliseconds. */
const turnSize = 32_768

/**
 * Divides the slots from 0 to `size` into ranges, with a pause before each but the first.
 * @param sizeMax Maximum size of a range. Default: `turnSize`.
 */
export async function inTurns(
  size: number,
  pause: Pause,
  run: (from: number, to: number) => void,
  sizeMax = turnSize,
): Promise<void> {
  for (let from = 0; from < size; from += sizeMax) {
    if (from > 0) await pause()
    run(from, Math.min(size, from + sizeMax))
  }
}

/** Returns whether a task with this number of slots needs no pause. */
export function isShort(size: number): boolean {
  return size <= turnSize
}
