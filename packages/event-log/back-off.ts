import { createBackOff } from '@marquee/retry/back-off'

/** Wait before a failed step of a consumer is repeated. */
export const backOff = createBackOff({ firstMs: 100, maxMs: 10_000 })
