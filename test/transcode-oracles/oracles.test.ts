import { afterAll, beforeAll, expect, test } from 'bun:test'
import { describeWith } from '@marquee/testing/requirements'
import { tool } from '@marquee/testing/tools'
import { OracleService } from '../../gen/oracle/v1/oracle_pb.ts'
import { buildOracles } from './build.ts'
import { compareMany } from './compare-many.ts'
import { explain, rulesOf } from './explain.ts'
import { type Gateways, openGateways, oracleNames, serviceHeader } from './gateways.ts'
import type { RawRequest } from './http-client.ts'

/** Number of requests for each oracle. `main.ts` sends more. */
const count = 2_000
/**
 * The same requests in each run: others may meet a difference that no rule explains yet, which has
 * nothing to do with the change that is tested. `main.ts` sends new ones.
 */
const seed = 171_402_771
/** Go downloads its modules once. */
const buildTimeoutMs = 900_000
const runTimeoutMs = 600_000

describeWith(tool('go'), 'REST routes', (go) => {
  let gateways: Gateways
  beforeAll(async () => {
    gateways = await openGateways(await buildOracles(go))
  }, buildTimeoutMs)
  afterAll(() => gateways[Symbol.asyncDispose]())

  for (const oracle of oracleNames) {
    const examples = rulesOf[oracle].map(({ name, example }) => [name, example] as const)
    test.each(examples)(`differ from those of ${oracle}: %s (%j)`, async (name, example) => {
      expect(await explain(gateways, oracle, OracleService, requestOf(example))).toContain(name)
    })

    test(
      `do the same as those of ${oracle} in all other cases`,
      async () => {
        const command = `bun test/transcode-oracles/main.ts --seed=${seed} --count=${count}`
        process.stderr.write(`${oracle}: ${command}\n`)
        const uses = await compareMany(gateways, oracle, { seed, count })
        expect(uses.size).toBeGreaterThan(10)
      },
      runTimeoutMs,
    )
  }
})

/** Reads "METHOD target body type". */
function requestOf(example: string): RawRequest {
  const [method = '', target = '', body, type = 'application/json'] = example.split(' ')
  const headers = {
    [serviceHeader]: OracleService.typeName,
    ...(body !== undefined && { 'content-type': type }),
  }
  return { method, target, headers, body: body === undefined ? undefined : Buffer.from(body) }
}
