import { expect, test } from 'bun:test'
import { createInstances, type KnownInstances } from './instances.ts'

const instance = (id: string) => ({ id, url: `http://${id}.test` })
const known: KnownInstances = {
  movie: [instance('movie-1')],
  metadata: [instance('metadata-1')],
  rating: [instance('rating-1'), instance('rating-2')],
}

test('the instances are those of the services that movie forwards to', async () => {
  const services = { movie: '', metadata: 'https://metadata.test', rating: '/services/rating' }
  const instances = createInstances(
    async () => ({ services }),
    async () => known,
  )
  expect(instances.known.value.rating).toEqual([])
  const loaded = await instances.load()
  expect(loaded).toEqual({ movie: [], metadata: [], rating: known.rating })
  expect(instances.known.value).toBe(loaded)
})

test('the instances are loaded once at a time, and again when they are asked for again', async () => {
  const services = { movie: '', metadata: '/services/metadata', rating: '/services/rating' }
  let count = 0
  const instances = createInstances(
    async () => ({ services }),
    async () => {
      count++
      return known
    },
  )
  await Promise.all([instances.load(), instances.load()])
  expect(count).toBe(1)
  await instances.load()
  expect(count).toBe(2)
})
