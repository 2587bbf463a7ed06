import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { Code, createClient } from '@connectrpc/connect'
import { createValidate } from '@marquee/connect-hono/validation'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { pino } from 'pino'
import { MetadataSchema, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { createMetadataApp } from './service.ts'
import { alien as movie } from './store/contract/fixtures.ts'
import { createMemoryMetadataStore } from './store/memory.ts'

const alien = { ...movie, genres: [...movie.genres] }
const impossible = { ...alien, releaseDate: '2026-02-30' }
const refusal = /release_date: the month does not have this day/
const validate = createValidate()

function isReleaseDate(releaseDate: string): boolean {
  return validate(MetadataSchema, create(MetadataSchema, { ...alien, releaseDate })) === undefined
}

function setUp() {
  const store = createMemoryMetadataStore()
  const app = createMetadataApp({
    store,
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  return { app, store, client: createClient(MetadataService, createAppTransport(app)) }
}

test('a day of release is one of the calendar', () => {
  const numbers = Array.from({ length: 33 }, (_, index) => `${index}`.padStart(2, '0'))
  const months = numbers.slice(0, 14)
  for (const year of ['0000', '0001', '1900', '1904', '1996', '2000', '2026', '2028', '2100']) {
    for (const date of months.flatMap((month) => numbers.map((day) => `${year}-${month}-${day}`))) {
      const time = new Date(`${date}T00:00:00Z`)
      const isDay = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date)
      expect([date, isReleaseDate(date)]).toEqual([date, isDay])
    }
  }
})

test('a date of release may lack its day, its month, or everything', () => {
  for (const date of ['', '1979', '1979-02', '1979-12']) expect(isReleaseDate(date)).toBe(true)
  for (const date of ['19', '1979-', '1979-00', '1979-13', '1979-2-3', '1979-02-01 ']) {
    expect(isReleaseDate(date)).toBe(false)
  }
})

test('a put on February 30 is INVALID_ARGUMENT, names the field, and saves nothing', async () => {
  const { app, client } = setUp()
  const error = await failureOf(client.putMetadata({ metadata: impossible }))
  expect([error.code, error.rawMessage]).toEqual([
    Code.InvalidArgument,
    expect.stringMatching(refusal),
  ])
  const response = await app.request(`/v1/movies/${alien.id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(impossible),
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ message: expect.stringMatching(refusal) })
  expect((await client.listMetadata({})).metadata).toEqual([])
})

test('an import refuses the movies on February 30, and saves the others', async () => {
  const { client } = setUp()
  const { createdCount, refusals } = await client.importMetadata(
    (async function* () {
      yield { metadata: { ...impossible, id: 'impossible' } }
      yield { metadata: alien }
    })(),
  )
  expect(createdCount).toBe(1n)
  const reason = expect.stringMatching(refusal)
  expect(refusals).toMatchObject([{ index: 0n, movieId: 'impossible', reason }])
})

test('a movie that was saved on February 30 is read, and can be mended', async () => {
  const { client, store } = setUp()
  await store.put([impossible])
  const { metadata } = await client.getMetadata({ movieId: alien.id })
  expect(metadata?.releaseDate).toBe('2026-02-30')
  expect((await client.listMetadata({})).metadata).toHaveLength(1)
  const update = client.updateMetadata({ metadata: { id: alien.id, title: 'Aliens' } })
  expect((await failureOf(update)).rawMessage).toMatch(refusal)
  const mended = await client.updateMetadata({
    metadata: { id: alien.id, title: 'Aliens', releaseDate: '2026-02-28' },
  })
  expect(mended.metadata).toMatchObject({ title: 'Aliens', releaseDate: '2026-02-28' })
})
