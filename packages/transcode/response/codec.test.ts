import { expect, test } from 'bun:test'
import { mountConnect } from '@marquee/connect-hono/mount'
import { Hono } from 'hono'
import { OracleService } from '../../../gen/oracle/v1/oracle_pb.ts'
import { createTranscoding } from '../mount.ts'

const app = new Hono()
const { add } = createTranscoding(app)
mountConnect(app, (router) => router.service(OracleService, { sendMember: () => ({}) }), {
  onRpc: add,
})

test.each([
  ['/v1/tags/a', '[]'],
  ['/v1/labels/a', '{}'],
  ['/v1/texts', '""'],
  ['/v1/numbers', '0'],
  ['/v1/shapes', '"SHAPE_UNSPECIFIED"'],
  ['/v1/times', 'null'],
  ['/v1/documents', '{}'],
])('PUT %s responds with its field, %s when it is not set', async (path, body) => {
  const response = await app.request(path, { method: 'PUT' })
  expect(await response.text()).toBe(body)
})
