import { expect, test } from 'bun:test'
import { spawnProgram } from '@marquee/testing/process'
import { startService } from '../matrix/service.ts'

const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
const paths = ['/metrics', '/system.v1.DeadLetterService/ListDeadLetters']

async function statuses(url: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const path of [...paths, reflection]) {
    const type = path === reflection ? 'application/connect+json' : 'application/json'
    const body = path === reflection ? '\0\0\0\0\x02{}' : '{}'
    const init = { method: 'POST', headers: { 'content-type': type }, body }
    const response = await fetch(url + path, path === '/metrics' ? {} : init)
    found[path] = response.status
    await response.body?.cancel()
  }
  return found
}

test('with an admin port, only this port serves what is for operators', async () => {
  await using service = await startService('rating', 'bun', ['--admin-port', '0'])
  const line = /"url":"([^"]+)","msg":"the admin port is listening"/
  const [, adminUrl = ''] = await service.program.waitForLine(line)
  const [metrics, letters] = paths
  expect(await statuses(service.url)).toEqual({
    [`${metrics}`]: 403,
    [`${letters}`]: 403,
    [reflection]: 403,
  })
  expect(await statuses(adminUrl)).toEqual({
    [`${metrics}`]: 200,
    [`${letters}`]: 200,
    [reflection]: 200,
  })
  const rating = await fetch(`${service.url}/rating?id=m&type=movie&userId=ann&value=4`, {
    method: 'PUT',
  })
  expect(rating.status).toBe(200)
})

test('what is closed is not served', async () => {
  const closed = ['--closed', 'metrics,reflection,activity,dead-letters']
  await using service = await startService('rating', 'bun', closed)
  expect(Object.values(await statuses(service.url))).toEqual([404, 501, 404])
  const activity = await fetch(`${service.url}/system.v1.ActivityService/GetActivity`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(activity.status).toBe(404)
})

test('a service that other machines reach does not start without a decision', async () => {
  await using program = await spawnProgram({
    runtime: 'bun',
    entry: 'services/metadata/main.ts',
    args: ['--host', '0.0.0.0', '--port', '0', '--database-url', 'memory:'],
  })
  expect(await program.exited).toMatchObject({ code: 2 })
  expect(program.stderr()).toContain(
    '--host is "0.0.0.0", which other machines reach: set --auth-issuer and --auth-audience, or --insecure',
  )
})
