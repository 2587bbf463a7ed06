import type { DescService } from '@bufbuild/protobuf'
import { MetadataService } from '@marquee/client/metadata'
import { MovieService } from '@marquee/client/movie'
import { RatingService } from '@marquee/client/rating'
import { ActivityService, DeadLetterService, SystemService } from '@marquee/client/system'
import { ServerReflection } from '@marquee/connect-hono/gen/grpc/reflection/v1/reflection_pb'
import type { ServiceName } from './try-path.ts'

/** RPC services of the page's own version, which are listed until reflection has responded. */
export const bundledServices: Readonly<Record<ServiceName, readonly DescService[]>> = {
  movie: [MovieService, SystemService],
  metadata: [MetadataService],
  rating: [RatingService, DeadLetterService],
}

/** Names of RPC services that every service has. */
const shared = [
  ActivityService.typeName,
  'grpc.health.v1.Health',
  ServerReflection.typeName,
  'grpc.reflection.v1alpha.ServerReflection',
]

/** Names of the RPC services that a service of the page's version has. */
export function expectedServices(name: ServiceName): string[] {
  return [...bundledServices[name].map(({ typeName }) => typeName), ...shared]
}
