import { createBackOff } from '@marquee/retry/back-off'

/** Before a failed step of a consumer is tried again. */
export const backOff = createBackOff({ firstMs: 100, maxMs: 10_000 })
