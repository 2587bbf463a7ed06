import type { DescService } from '@bufbuild/protobuf'
import { LibraryService } from '../../gen/library/v1/library_pb.ts'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { OracleService } from '../../gen/oracle/v1/oracle_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { ActivityService, DeadLetterService, SystemService } from '../../gen/system/v1/system_pb.ts'

/** Services whose routes are compared, each on its own: see `go/services.go`. */
export const services: readonly DescService[] = [
  OracleService,
  LibraryService,
  MetadataService,
  RatingService,
  MovieService,
  ActivityService,
  DeadLetterService,
  SystemService,
]
