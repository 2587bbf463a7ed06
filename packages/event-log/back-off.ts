import { createBackOff } from '@marquee/back-off/exponential'

/** Wait before a failed step of a consumer is repeated. */
export const backOff = createBackOff({ firstMs: 100, maxMs: 10_000 })
