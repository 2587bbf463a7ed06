import { expect, test } from 'bun:test'
import type { DescFile } from '@bufbuild/protobuf'
import { file_movie_v1_movie } from '../../../gen/movie/v1/movie_pb.ts'
import { registryOf } from './file-registry.ts'

function filesOf(file: DescFile): DescFile['proto'][] {
  return [file.proto, ...file.dependencies.flatMap(filesOf)]
}

test('files are linked in any order, and may repeat', () => {
  const files = filesOf(file_movie_v1_movie)
  for (const order of [files, files.toReversed()]) {
    const service = registryOf(order).getService('movie.v1.MovieService')
    expect(service?.methods.map(({ name }) => name)).toContain('ListMovies')
  }
})

test('an error names the missing file', () => {
  expect(() => registryOf([file_movie_v1_movie.proto])).toThrow(
    'which the response does not contain',
  )
})
