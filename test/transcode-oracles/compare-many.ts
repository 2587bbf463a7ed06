import fc from 'fast-check'
import { explain } from './explain.ts'
import type { Gateways, OracleName } from './gateways.ts'
import { requestsOf } from './requests/requests.ts'
import { services } from './services.ts'

export interface RunOptions {
  readonly seed: number
  /** Number of requests, half of them for `OracleService`. */
  readonly count: number
}

/**
 * Compares generated requests with an oracle, and returns how often each rule explained a
 * difference. Rejects with the smallest request whose difference no rule explains.
 */
export async function compareMany(
  gateways: Gateways,
  oracle: OracleName,
  { seed, count }: RunOptions,
): Promise<Map<string, number>> {
  const uses = new Map<string, number>()
  for (const [index, service] of services.entries()) {
    const share = index === 0 ? 1 / 2 : 1 / 2 / (services.length - 1)
    const property = fc.asyncProperty(requestsOf(service), async (request) => {
      const names = await explain(gateways, oracle, service, request)
      for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1)
    })
    await fc.assert(property, { seed, numRuns: Math.ceil(count * share) })
  }
  return uses
}
