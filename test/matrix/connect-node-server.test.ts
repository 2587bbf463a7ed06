import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { spawnProgram } from '@marquee/testing/process'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import type { Cell } from './client.ts'
import { perform } from './operations.ts'
import { type Service, startService } from './service.ts'
import { cells, gapOf } from './table.ts'

/**
 * The matrix against Connect's own handlers on Node: what holds for both is the protocol, and not
 * an accident of ours. Connect's handlers speak neither gRPC-Web in base64 nor REST.
 */
const driven = cells.filter(
  (cell) => !['grpc-web-text', 'rest'].includes(cell.protocol) && gapOf(cell) === undefined,
)

describeWith(runtime('node'), 'rating through connect-node', () => {
  let service: Service
  beforeAll(async () => {
    service = await startService('rating', 'node', [], 'connect-node.ts')
  })
  afterAll(() => service[Symbol.asyncDispose]())

  describe.concurrent('responds to', () => {
    for (const cell of driven) {
      testWith(cell.client.found, nameOf(cell), async (open) => {
        await using session = await open(cell, service.url)
        const recordId = nameOf(cell).replace(/[^\w.]+/g, '-')
        await perform[cell.operation]({ cell, session, service, recordId })
      })
    }
  })
})

describeWith(runtime('node'), 'movie through connect-node', () => {
  test('joins what metadata has, through connect-node as well', async () => {
    await using metadata = await startService('metadata', 'node', [], 'connect-node.ts')
    const put = await fetch(`${metadata.url}/metadata.v1.MetadataService/PutMetadata`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { id: 'heat', title: 'Heat', director: 'Michael Mann' } }),
    })
    expect(put.status).toBe(200)
    const flags = ['--metadata-url', metadata.url, '--rating-url', 'http://127.0.0.1:9']
    await using movie = await spawnProgram({
      runtime: 'node',
      entry: 'services/movie/connect-node.ts',
      args: ['--port', '0', '--log-format', 'json', ...flags],
    })
    const [, url] = await movie.waitForLine(/"url":"([^"]+)","msg":"movie is listening"/, 25_000)
    const response = await fetch(`${url}/movie?id=heat`)
    expect(await response.json()).toMatchObject({
      metadata: { id: 'heat', title: 'Heat' },
      ratingStatus: 'RATING_STATUS_UNAVAILABLE',
    })
  })
})

function nameOf({ client, protocol, http, operation }: Cell): string {
  return `${client.name}: ${protocol} over HTTP/${http}: ${operation}`
}
