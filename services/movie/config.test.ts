import { expect, test } from 'bun:test'
import { readMovieConfig } from './config.ts'

const read = (env: Record<string, string>) => readMovieConfig({ args: [], env })

test('movie finds the other services at addresses, by default of this machine', () => {
  expect(read({ RATING_URL: 'http://a:1,http://b:2' }).registry).toEqual({
    kind: 'static',
    addresses: { metadata: ['http://localhost:8081'], rating: ['http://a:1', 'http://b:2'] },
  })
})

test('movie finds the other services in Consul when its address is set', () => {
  const { registry } = read({ CONSUL_HTTP_ADDR: 'consul:8500', HOST: '10.0.0.5', INSECURE: 'true' })
  expect(registry).toMatchObject({
    kind: 'consul',
    url: 'http://consul:8500',
    advertise: '10.0.0.5',
  })
})

test('movie refuses addresses together with Consul, and names each', () => {
  const env = {
    CONSUL_HTTP_ADDR: 'consul:8500',
    METADATA_URL: 'http://a:1',
    RATING_URL: 'http://b:2',
  }
  expect(() => read(env)).toThrow(
    '--metadata-url and --consul-http-addr exclude each other: leave one out\n' +
      '--rating-url and --consul-http-addr exclude each other: leave one out',
  )
})
