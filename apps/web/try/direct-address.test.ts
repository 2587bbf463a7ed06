import { expect, test } from 'bun:test'
import { directAddress } from './direct-address.ts'

const origin = 'http://localhost:8083'

async function addressOf(typeName: string, rating: string) {
  const services = { movie: '', metadata: '/services/metadata', rating }
  const addresses = async () => ({ services })
  const { signal } = new AbortController()
  const target = { typeName, at: 'rating' as const }
  const { url, isInstance } = await directAddress(target, addresses, origin, signal)
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
  for (const typeName of ['rating.v1.RatingService', 'grpc.health.v1.Health']) {
    expect(await addressOf(typeName, rating)).toEqual([rating, false])
  }
})

test('an RPC service that several services have is nowhere while no instance is known', async () => {
  expect(await addressOf('grpc.health.v1.Health', '/services/rating')).toEqual([undefined, false])
})
