import { createBackOff } from '../retry/back-off.ts'

/** Before a failed step of a consumer is tried again. */
export const backOff = createBackOff({ firstMs: 100, maxMs: 10_000 })
