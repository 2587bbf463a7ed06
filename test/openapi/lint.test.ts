import { expect, test } from 'bun:test'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { documentTextOf, type OpenApi, serviceNames } from './documents.ts'

/** Maximum size of a document, in bytes: a browser loads it with the page that shows it. */
const documentBytesMax = 256 * 1024

const config = await createConfig({ extends: ['recommended-strict'] })

test.each(serviceNames)(
  'the OpenAPI document of %s has neither errors nor warnings',
  async (name) => {
    const source = await documentTextOf(name)
    const problems = await lintFromString({ source, absoluteRef: `${name}.json`, config })
    const texts = problems.map(
      ({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`,
    )
    expect(texts).toEqual([])
    expect(source.length).toBeLessThan(documentBytesMax)
  },
)

test('the lint finds an error', async () => {
  const document: OpenApi = JSON.parse(await documentTextOf('metadata'))
  document.paths['/v1/movies'].get.operationId = 'MetadataService_GetMetadata'
  const source = JSON.stringify(document)
  const problems = await lintFromString({ source, absoluteRef: 'metadata.json', config })
  expect(problems.map(({ ruleId }) => ruleId)).toEqual(['operation-operationId-unique'])
})

test('movie documents the routes of all services', async () => {
  const [metadata, rating, movie] = await Promise.all(
    (['metadata', 'rating', 'movie'] as const).map(operationsOf),
  )
  // Each process has an activity of its own, and movie deletes movies together with ratings.
  const own = ({ id }: Operation) => !/^ActivityService|_DeleteMetadata$/.test(id)
  for (const operation of [...(metadata ?? []), ...(rating ?? [])].filter(own)) {
    expect(movie).toContainEqual(operation)
  }
})

interface Operation {
  readonly id: string
  readonly route: string
  /** Names of parameters that are not in the path, with an exclamation mark after required ones. */
  readonly parameters: readonly string[]
}

async function operationsOf(name: (typeof serviceNames)[number]): Promise<Operation[]> {
  const { paths }: OpenApi = JSON.parse(await documentTextOf(name))
  return Object.entries<OpenApi>(paths).flatMap(([path, item]) =>
    Object.entries<OpenApi>(item).map(([method, { operationId, parameters }]) => ({
      id: operationId,
      // Names of parameters depend on which route is first.
      route: `${method} ${path.replace(/\{\w+\}/g, '*')}`,
      parameters: parameters
        .filter((one: OpenApi) => one.in !== 'path')
        .map((one: OpenApi) => `${one.name}${one.required ? '!' : ''}`),
    })),
  )
}
