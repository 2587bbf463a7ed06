import { createBackOff } from '@marquee/back-off/exponential'

export const backOffBounds = { firstMs: 200, maxMs: 5_000 }

/** Wait before a failed request to Consul is repeated. */
export const backOff = createBackOff(backOffBounds)
