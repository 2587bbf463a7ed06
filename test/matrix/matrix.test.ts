import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import type { Cell } from './client.ts'
import { perform } from './operations.ts'
import { type Service, startService, untilQuiet } from './service.ts'
import { cells, clients, commonGaps, gapOf } from './table.ts'

const runtimes: readonly RuntimeName[] = ['bun', 'deno', 'node']
const driven = cells.filter((cell) => gapOf(cell) === undefined)

test('of 504 cells, 141 are tested, and every other has a reason', () => {
  expect(cells).toHaveLength(504)
  expect(driven).toHaveLength(141)
})

test('every gap of the matrix is needed', () => {
  const gaps = [...commonGaps, ...clients.flatMap((client) => client.gaps)]
  const needless = gaps.filter((gap) => !cells.some((cell) => gapOf(cell) === gap))
  expect(needless.map(({ reason }) => reason)).toEqual([])
})

for (const name of runtimes) {
  describeWith(runtime(name), `rating on ${name}`, () => {
    let service: Service
    beforeAll(async () => {
      service = await startService('rating', name)
    })
    afterAll(() => service[Symbol.asyncDispose]())

    describe.concurrent('responses', () => {
      for (const cell of driven) {
        testWith(cell.client.found, nameOf(cell), async (open) => {
          await using session = await open(cell, service.url)
          const recordId = nameOf(cell).replace(/[^\w.]+/g, '-')
          await perform[cell.operation]({ cell, session, service, recordId })
        })
      }
    })

    test('no call of the matrix is left open', () => untilQuiet(service))
  })
}

function nameOf({ client, protocol, http, operation }: Cell): string {
  return `${client.name}: ${protocol} over HTTP/${http}: ${operation}`
}
