import { expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { type ServiceReport, SystemService } from '../../gen/system/v1/system_pb.ts'
import { bearer } from './protocols.ts'
import { startLocked } from './services.ts'

test('only operators may name the instance that reports its health', async () => {
  await using services = await startLocked()
  const { issuer, urls } = services
  const check = async (id: string, token?: string) => {
    const response = await fetch(`${urls.movie}/services/rating/grpc.health.v1.Health/Check`, {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json', 'marquee-instance': id },
      body: '{}',
    })
    const { code, status } = (await response.json()) as { code?: string; status?: string }
    return [response.status, code ?? status]
  }
  const operator = await issuer.token({ roles: ['operator'] })
  const system = createClient(SystemService, createConnectTransport({ baseUrl: urls.movie }))
  const reports = system.watchSystem({}, { headers: bearer(operator) })[Symbol.asyncIterator]()
  const report = (await reports.next()).value
  const rating = report?.services.find(({ service }: ServiceReport) => service === 'rating')
  const id = rating?.instances[0]?.id ?? ''
  expect(await check(id, operator)).toEqual([200, 'SERVING'])
  expect(await check('rating-99', operator)).toEqual([404, 'not_found'])
  for (const token of [
    undefined,
    await issuer.token(),
    await issuer.token({ roles: ['editor'] }),
  ]) {
    expect(await check(id, token)).toEqual([403, 'permission_denied'])
    expect(await check('rating-99', token)).toEqual([403, 'permission_denied'])
  }
})
