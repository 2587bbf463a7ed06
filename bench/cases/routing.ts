import { bindingsOf } from '@marquee/transcode/binding'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { ActivityService, DeadLetterService, SystemService } from '../../gen/system/v1/system_pb.ts'
import { createRouter } from '../../packages/transcode/path/router.ts'
import { type Bench, ownName } from '../bench.ts'

const name = 'routing'
/** Matches of a round, which take about a second. */
const matchCount = 1_000_000
const warmUpCount = 100_000

/** Requests of every shape of path: few and many segments, variables, verbs, and an unknown path. */
const requests = [
  ['GET', '/v1/movies'],
  ['GET', '/v1/movies/the-matrix-1999'],
  ['GET', '/v1/movies/the-matrix-1999/details'],
  ['GET', '/v1/movies/the-matrix-1999/details:watch'],
  ['PUT', '/v1/movies/the-matrix-1999/ratings/ann%2F1'],
  ['GET', '/v1/records/movie/the-matrix-1999/rating'],
  ['POST', '/v1/aggregatedRatings:batchGet'],
  ['GET', '/v1/users/ann/ratings:export'],
  ['GET', '/v1/deadLetters/0/17'],
  ['GET', '/v1/nothing/here'],
] as const

/** Measures the routing of REST at movie's port: CPU per match, values of variables included. */
export async function measureRouting(bench: Bench): Promise<void> {
  const match = createMatch()
  match(warmUpCount)
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`${name}: round ${round} of ${bench.rounds}`)
    const before = process.cpuUsage()
    match(matchCount)
    const { user, system } = process.cpuUsage(before)
    const value = (user + system) / matchCount
    bench.report({ case: name, peer: ownName, metric: 'cpu_us_per_match', unit: 'µs', value })
  }
}

/** Returns a function that matches so many requests against all routes. */
function createMatch(): (count: number) => void {
  const router = createRouter<string>()
  const services = [MovieService, MetadataService, RatingService]
  const all = [...services, DeadLetterService, SystemService, ActivityService]
  for (const rpc of all.flatMap(({ methods }) => methods)) {
    for (const { method, template } of bindingsOf(rpc)) {
      if (!router.has(method, template)) router.add({ method, template, target: rpc.name })
    }
  }
  const expected = (requests.length - 1) / requests.length
  return (count) => {
    let found = 0
    for (let index = 0; index < count; index++) {
      const [method, path] = requests[index % requests.length] as (typeof requests)[number]
      const match = router.find(method, path)
      if (match === undefined) continue
      match.values()
      found++
    }
    if (found !== count * expected) throw new Error(`${found} of ${count} requests matched`)
  }
}
