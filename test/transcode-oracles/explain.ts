import type { DescService } from '@bufbuild/protobuf'
import { differences } from './differences.ts'
import type { Gateways, OracleName } from './gateways.ts'
import type { RawRequest } from './http-client.ts'
import { type Outcome, readOurs, readTheirs } from './outcome.ts'
import { gatewayRules } from './rules/gateway.ts'
import type { Comparison, Rule } from './rules/rule.ts'
import { vanguardRules } from './rules/vanguard.ts'

export const rulesOf: Readonly<Record<OracleName, readonly Rule[]>> = {
  gateway: gatewayRules,
  vanguard: vanguardRules,
}

/** Maximum number of differences of one request, each of which a rule explains. */
const rulesMax = 12

/**
 * Sends a request to both, and returns the names of the rules that explain all differences. Throws
 * an error that shows the first difference without a rule.
 */
export async function explain(
  gateways: Gateways,
  oracle: OracleName,
  service: DescService,
  request: RawRequest,
): Promise<string[]> {
  const used: string[] = []
  let sent = { ours: request, theirs: request }
  while (used.length < rulesMax) {
    const comparison = await compare(gateways, oracle, service, sent)
    if (comparison.differences.length === 0) return used
    const rule = rulesOf[oracle].find(({ applies }) => applies(comparison))
    if (rule === undefined) throw new Error(describe(oracle, comparison, used))
    used.push(rule.name)
    if (rule.rewrite === undefined) return used
    sent = rule.rewrite(comparison)
  }
  throw new Error(
    `${request.method} ${request.target} has too many differences: ${used.join('; ')}`,
  )
}

async function compare(
  gateways: Gateways,
  oracle: OracleName,
  service: DescService,
  sent: Comparison['sent'],
): Promise<Comparison> {
  const [one, other] = await Promise.all([
    gateways.ours(service).send(sent.ours),
    gateways.oracles[oracle].send(sent.theirs),
  ])
  const ours = readOurs(service, one)
  const theirs = readTheirs(service, other)
  return { service, sent, ours, theirs, differences: differences(ours, theirs) }
}

function describe(oracle: OracleName, comparison: Comparison, used: readonly string[]): string {
  const { sent, ours, theirs } = comparison
  return [
    `no rule explains what ${oracle} does differently: ${comparison.differences.join(', ')}`,
    `  ours:   ${showRequest(sent.ours)}`,
    `  theirs: ${showRequest(sent.theirs)}`,
    `  ours:   ${show(ours)}`,
    `  theirs: ${show(theirs)}`,
    ...used.map((name) => `  after the rule: ${name}`),
  ].join('\n')
}

function showRequest({ method, target, headers, body }: RawRequest): string {
  const text = body === undefined ? '' : ` ${JSON.stringify(Buffer.from(body).toString())}`
  return `${method} ${target} ${JSON.stringify(headers)}${text}`
}

function show({ call, error, ...others }: Outcome): string {
  const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)
  return JSON.stringify({ ...others, error, rpc: call?.rpc.name, request: call?.request }, bigints)
}
