/** Part of the time that publishing takes while writes go on. */
const timePart = 0.2

/** Maximum wait after one step, in milliseconds. */
const waitMsMax = 1_000

/** Size of the outbox from which publishing takes all the time that it needs, in bytes. */
export const unpacedBytesMin = 64 * 1024 * 1024

/**
 * Returns how long publishing gives way to writes after a step during which there were some, so that
 * a burst of them is over sooner.
 * @param stepMs Duration of the step, in milliseconds.
 * @param outboxBytes Size of what waits to be published.
 */
export function waitMsAfter(stepMs: number, outboxBytes: number): number {
  if (outboxBytes >= unpacedBytesMin) return 0
  return Math.min(stepMs / timePart - stepMs, waitMsMax)
}
