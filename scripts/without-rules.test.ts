import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { withoutRules } from './without-rules-bun.ts'

const movie = join(import.meta.dirname, '..', 'gen', 'movie', 'v1', 'movie_pb.ts')

async function bundleMovie(plugins: Bun.BunPlugin[]) {
  const { outputs } = await Bun.build({ entrypoints: [movie], minify: true, plugins })
  const output = outputs[0]
  if (!output) throw new Error('nothing was bundled')
  return output
}

test('a bundle without the rules is smaller, and its messages and services are complete', async () => {
  const whole = await bundleMovie([])
  const lean = await bundleMovie([withoutRules])
  expect(lean.size).toBeLessThan(whole.size - 50_000)
  const url = URL.createObjectURL(new Blob([await lean.text()], { type: 'text/javascript' }))
  const { MovieService, MovieDetailsSchema } = await import(url)
  URL.revokeObjectURL(url)
  expect(MovieService.typeName).toBe('movie.v1.MovieService')
  expect(MovieService.method.listMovies.input.field.query.name).toBe('query')
  expect(MovieDetailsSchema.field.metadata.message.typeName).toBe('metadata.v1.Metadata')
})
