import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import type { Cell } from './client.ts'
import { perform } from './operations.ts'
import { type Service, startService, untilQuiet } from './service.ts'
import { cells, clients, commonGaps, gapOf } from './table.ts'

const runtimes: readonly RuntimeName[] = ['bun', 'deno', 'node']
const driven = cells.filter((cell) => gapOf(cell) === undefined)

test('of 576 cells, 147 are tested, and every other has a reason', () => {
  expect(cells).toHaveLength(576)
  expect(driven).toHaveLength(147)
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

    declareCells(() => ({ service, url: service.url }))
    test('no call of the matrix is left open', () => untilQuiet(service))
  })
}

describeWith(runtime('bun'), 'rating with two workers', () => {
  const stack = new AsyncDisposableStack()
  let service: Service
  beforeAll(async () => {
    const folder = stack.use(await temporaryFolder())
    const database = ['--database-url', `sqlite:${join(folder.path, 'rating.db')}`]
    service = stack.use(await startService('rating', 'bun', ['--workers', '2', ...database]))
    await service.program.waitForLine(/"worker":1,.*"msg":"a worker serves"/)
  })
  afterAll(() => stack.disposeAsync())

  declareCells(() => ({ service, url: service.url }))
  test('no call of the matrix is left open', () => untilQuiet(service))
})

describeWith(runtime('bun'), "rating through movie's port", () => {
  const stack = new AsyncDisposableStack()
  let rating: Service
  let movie: Service
  beforeAll(async () => {
    rating = stack.use(await startService('rating', 'bun'))
    const flags = ['--rating-url', rating.url, '--metadata-url', 'http://127.0.0.1:9']
    movie = stack.use(await startService('movie', 'bun', flags))
  })
  afterAll(() => stack.disposeAsync())

  declareCells(() => ({ service: rating, url: movie.url }))
  test('no call of the matrix is left open', async () => {
    await untilQuiet(movie)
    await untilQuiet(rating)
  })
})

/** @param place Returns the service, and the URL at which clients call it. */
function declareCells(place: () => { readonly service: Service; readonly url: string }): void {
  describe.concurrent('responses', () => {
    for (const cell of driven) {
      testWith(cell.client.found, nameOf(cell), async (open) => {
        const { service, url } = place()
        await using session = await open(cell, url)
        const recordId = nameOf(cell).replace(/[^\w.]+/g, '-')
        await perform[cell.operation]({ cell, session, service, recordId })
      })
    }
  })
}

function nameOf({ client, protocol, http, operation }: Cell): string {
  return `${client.name}: ${protocol} over HTTP/${http}: ${operation}`
}
