import { describe, expect, test } from 'bun:test'
import { parseInstances, toConsulService } from './service.ts'

const options = {
  prefix: '',
  check: 'grpc',
  checkIntervalMs: 5_000,
  deregisterAfterMs: 60_000,
} as const
const rating = { service: 'rating', url: 'http://127.0.0.1:8082' }

describe('what Consul is told of an instance', () => {
  test('is its name, where it is, what it speaks, and how it is checked', () => {
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

  test('is the advertised host in the place of its own', () => {
    const { id, address, check } = toConsulService(rating, { ...options, advertise: 'box-1' })
    expect({ id, address }).toEqual({ id: 'rating-box-1-8082', address: 'box-1' })
    expect(check).toMatchObject({ grpc: 'box-1:8082' })
  })

  test.each([
    [undefined, 'http://[::1]:8082'],
    ['::1', 'http://localhost:8082'],
  ])('is an IPv6 address in brackets only where a port follows', (advertise, url) => {
    const { address, check } = toConsulService({ ...rating, url }, { ...options, advertise })
    expect(address).toBe('::1')
    expect(check).toMatchObject({ grpc: '[::1]:8082' })
  })

  test('is checked by the name under which its port knows its health', () => {
    const { check } = toConsulService({ ...rating, healthName: 'rating.v1.RatingService' }, options)
    expect(check).toMatchObject({ grpc: '127.0.0.1:8082/rating.v1.RatingService' })
  })

  test('bears the prefix in name and id', () => {
    const { id, name } = toConsulService(rating, { ...options, prefix: 'staging-' })
    expect({ id, name }).toEqual({
      id: 'staging-rating-127.0.0.1-8082',
      name: 'staging-rating',
    })
  })

  test('is, by option, that it is heard of at least every three intervals', () => {
    const { check } = toConsulService(rating, { ...options, check: 'ttl' })
    expect(check).toMatchObject({ ttl: '15000ms' })
    expect(check).not.toHaveProperty('grpc')
  })
})

describe('what Consul tells of a service', () => {
  const entry = (address: string, port = 8082) => ({
    Node: { Node: 'box', Address: '10.0.0.1' },
    Service: { ID: 'rating-1', Address: address, Port: port },
  })

  const parse = (body: unknown) =>
    parseInstances(body, (error) => {
      throw error
    })

  test('is the id, unique with that of the node, and the address', () => {
    const found = { id: 'box/rating-1', url: 'http://10.0.0.5:8082' }
    expect(parse([entry('10.0.0.5')])).toEqual([found])
  })

  test('is at the address of the node without one of its own', () => {
    expect(parse([entry('')])[0]?.url).toBe('http://10.0.0.1:8082')
  })

  test('may be an IPv6 address', () => {
    expect(parse([entry('::1')])[0]?.url).toBe('http://[::1]:8082')
  })

  test('cannot be called without a port', () => {
    expect(parse([entry('10.0.0.5', 0)])).toEqual([])
  })

  test.each([
    ['nothing', undefined],
    ['an object', {}],
    ['a text', 'No cluster leader'],
  ])('is refused when it is %s', (_, body) => {
    expect(() => parse(body)).toThrow('not a list')
  })

  test.each([
    ['nothing', null],
    ['without an id', {}],
    ['without an address', { Node: { Node: 'box' }, Service: { ID: 'rating-1', Port: 1 } }],
    ['without a port', { ...entry('10.0.0.5'), Service: { ID: 'rating-1' } }],
    ['at what is no address', entry('a b')],
    ['at an address with a path', entry('box/a')],
    ['at an address with a user', entry('ada@box')],
    ['at a port beyond the last', entry('10.0.0.5', 99_999)],
    ['at a port below the first', entry('10.0.0.5', -1)],
    ['at a part of a port', entry('10.0.0.5', 80.5)],
  ])('is taken without the one entry that is %s, of which is told', (_, bad) => {
    const errors: Error[] = []
    const found = { id: 'box/rating-1', url: 'http://10.0.0.6:8082' }
    const instances = parseInstances([bad, entry('10.0.0.6')], (error) => errors.push(error))
    expect(instances).toEqual([found])
    expect(errors).toHaveLength(1)
  })
})
