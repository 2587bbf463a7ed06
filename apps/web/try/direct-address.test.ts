import { expect, test } from 'bun:test'
import { directAddress } from './direct-address.ts'

const origin = 'http://localhost:8083'
const one = { id: 'rating-1', url: 'http://10.0.0.5:8082' }
const other = { id: 'rating-2', url: 'http://10.0.0.6:8082' }
const health = 'grpc.health.v1.Health'

async function addressOf(
  typeName: string,
  rating: string,
  instance?: string,
  known = [one, other],
) {
  const lookups = {
    addresses: async () => ({ services: { movie: '', metadata: '/services/metadata', rating } }),
    instances: async () => ({ movie: [], metadata: [], rating: known }),
    origin,
  }
  const { url, isInstance } = await directAddress({ typeName, at: 'rating', instance }, lookups)
  return [url?.origin, isInstance]
}

test('movie serves the RPC services of others at the origin of the page', async () => {
  const own = ['rating.v1.RatingService', 'system.v1.DeadLetterService']
  for (const typeName of own) {
    expect(await addressOf(typeName, '/services/rating')).toEqual([origin, false])
  }
})

test('a service that browsers call directly has an origin of its own', async () => {
  const rating = 'https://ratings.test'
  for (const typeName of ['rating.v1.RatingService', health]) {
    expect(await addressOf(typeName, rating)).toEqual([rating, false])
  }
})

test('an RPC service that several services have is at the chosen instance, or at any', async () => {
  expect(await addressOf(health, '/services/rating')).toEqual([one.url, true])
  expect(await addressOf(health, '/services/rating', 'rating-2')).toEqual([other.url, true])
})

test('an RPC service that several services have is nowhere while its instance is unknown', async () => {
  const nowhere = [undefined, false]
  expect(await addressOf(health, '/services/rating', undefined, [])).toEqual(nowhere)
  expect(await addressOf(health, '/services/rating', 'rating-9')).toEqual(nowhere)
})
