import { createBackOff } from '@marquee/back-off/exponential'

/** Wait before a failed list is read again. */
export const backOff = createBackOff({ firstMs: 1_000, maxMs: 10_000 })
