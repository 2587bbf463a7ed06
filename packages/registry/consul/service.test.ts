import { describe, expect, test } from 'bun:test'
import { parseInstances, toConsulService } from './service.ts'

const options = {
  prefix: '',
  check: 'grpc',
  checkIntervalMs: 5_000,
  deregisterAfterMs: 60_000,
} as const
const rating = { service: 'rating', url: 'http://127.0.0.1:8082' }

describe('the registration of an instance in Consul', () => {
  test('a registration has the name, address, protocols and check', () => {
    expect(toConsulService(rating, options)).toEqual({
      id: 'rating-127.0.0.1-8082',
      name: 'rating',
      address: '127.0.0.1',
      port: 8082,
      meta: {
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        protocols: 'grpc,grpc-web,connect,rest',
      },
      check: {
        checkid: 'service:rating-127.0.0.1-8082',
        name: 'grpc.health.v1',
        grpc: '127.0.0.1:8082',
        grpcusetls: false,
        interval: '5000ms',
        timeout: '2000ms',
        deregistercriticalserviceafter: '60000ms',
      },
    })
  })

  test('a registration has the advertised host instead of its own', () => {
    const { id, address, check } = toConsulService(rating, { ...options, advertise: 'box-1' })
    expect({ id, address }).toEqual({ id: 'rating-box-1-8082', address: 'box-1' })
    expect(check).toMatchObject({ grpc: 'box-1:8082' })
  })

  test.each([
    [undefined, 'http://[::1]:8082'],
    ['::1', 'http://localhost:8082'],
  ])('a registration has an IPv6 address in brackets only before a port', (advertise, url) => {
    const { address, check } = toConsulService({ ...rating, url }, { ...options, advertise })
    expect(address).toBe('::1')
    expect(check).toMatchObject({ grpc: '[::1]:8082' })
  })

  test('the check of a registration names the service of grpc.health.v1', () => {
    const { check } = toConsulService({ ...rating, healthName: 'rating.v1.RatingService' }, options)
    expect(check).toMatchObject({ grpc: '127.0.0.1:8082/rating.v1.RatingService' })
  })

  test('name and id of a registration start with the prefix', () => {
    const { id, name } = toConsulService(rating, { ...options, prefix: 'staging-' })
    expect({ id, name }).toEqual({
      id: 'staging-rating-127.0.0.1-8082',
      name: 'staging-rating',
    })
  })

  test('the TTL of a registration is three intervals', () => {
    const { check } = toConsulService(rating, { ...options, check: 'ttl' })
    expect(check).toMatchObject({ ttl: '15000ms' })
    expect(check).not.toHaveProperty('grpc')
  })
})

describe('an instance in a response of Consul', () => {
  const entry = (address: string, port = 8082) => ({
    Node: { Node: 'box', Address: '10.0.0.1' },
    Service: { ID: 'rating-1', Address: address, Port: port },
  })

  const parse = (body: unknown) =>
    parseInstances(body, (error) => {
      throw error
    })

  test('the id of an instance is made of node and service id', () => {
    const found = { id: 'box/rating-1', url: 'http://10.0.0.5:8082' }
    expect(parse([entry('10.0.0.5')])).toEqual([found])
  })

  test('an instance has the address of the node when it has none of its own', () => {
    expect(parse([entry('')])[0]?.url).toBe('http://10.0.0.1:8082')
  })

  test('an instance may have an IPv6 address', () => {
    expect(parse([entry('::1')])[0]?.url).toBe('http://[::1]:8082')
  })

  test('an instance without a port is left out', () => {
    expect(parse([entry('10.0.0.5', 0)])).toEqual([])
  })

  test.each([
    ['nothing', undefined],
    ['an object', {}],
    ['a string', 'No cluster leader'],
  ])('a response that is %s is rejected', (_, body) => {
    expect(() => parse(body)).toThrow('not a list')
  })

  test.each([
    ['empty', null],
    ['without an id', {}],
    ['without an address', { Node: { Node: 'box' }, Service: { ID: 'rating-1', Port: 1 } }],
    ['without a port', { ...entry('10.0.0.5'), Service: { ID: 'rating-1' } }],
    ['at an invalid address', entry('a b')],
    ['at an address with a path', entry('box/a')],
    ['at an address with a user', entry('ada@box')],
    ['at a port above 65535', entry('10.0.0.5', 99_999)],
    ['at a negative port', entry('10.0.0.5', -1)],
    ['at a fractional port', entry('10.0.0.5', 80.5)],
  ])('an entry that is %s is left out and reported', (_, bad) => {
    const errors: Error[] = []
    const found = { id: 'box/rating-1', url: 'http://10.0.0.6:8082' }
    const instances = parseInstances([bad, entry('10.0.0.6')], (error) => errors.push(error))
    expect(instances).toEqual([found])
    expect(errors).toHaveLength(1)
  })
})
