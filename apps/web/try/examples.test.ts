import { expect, test } from 'bun:test'
import { type DescMethod, fromJson } from '@bufbuild/protobuf'
import { file_metadata_v1_metadata as metadata } from '../../../gen/metadata/v1/metadata_pb.ts'
import { file_movie_v1_movie as movie } from '../../../gen/movie/v1/movie_pb.ts'
import { file_rating_v1_rating as rating } from '../../../gen/rating/v1/rating_pb.ts'
import { file_system_v1_system as system } from '../../../gen/system/v1/system_pb.ts'
import { examplesOf } from './examples.ts'

const methods = [movie, metadata, rating, system].flatMap(({ services }) =>
  services.flatMap((service) => service.methods),
)
const named = methods.map((method): [string, DescMethod] => [method.name, method])

test.each(named)('%s has examples, each of which is a request', (_, method) => {
  const examples = examplesOf(method.parent.typeName, method.name)
  const titles = new Set(examples.map(({ title }) => title))
  expect(titles.size).toBe(examples.length)
  expect(examples.length).toBeGreaterThanOrEqual(1)
  const isStream = method.methodKind === 'client_streaming'
  for (const { messages } of examples) {
    if (!isStream) expect(messages).toHaveLength(1)
    for (const message of messages) fromJson(method.input, message)
  }
})
