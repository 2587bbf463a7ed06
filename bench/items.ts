import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ListItemsResponseSchema } from '../gen/bench/v1/bench_pb.ts'

/** Yields what ListItems of `bench.v1.BenchService` returns in every peer. */
export function* items(count: number): Generator<MessageInitShape<typeof ListItemsResponseSchema>> {
  for (let index = 0; index < count; index++) {
    yield { recordId: `movie-${index}`, ratingCount: index, mean: 3.5 }
  }
}
