import type { ClientQuotas } from './client-quotas.ts'
import { type LimitClass, limitClasses, type Rate, type Rates } from './limit-class.ts'

/** Rate limits with what their clients have left. */
export type RateLimits = ReadonlyMap<LimitClass, Rate & { readonly quotas: ClientQuotas }>

/** Loads the limiter, and creates the limits. */
export async function openRateLimits(rates: Rates): Promise<RateLimits> {
  const { createClientQuotas } = await import('./client-quotas.ts')
  return new Map(
    limitClasses.flatMap((name) => {
      const rate = rates[name]
      return rate ? [[name, { ...rate, quotas: createClientQuotas(rate) }] as const] : []
    }),
  )
}
