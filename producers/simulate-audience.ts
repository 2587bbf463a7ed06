import { parseArgs } from 'node:util'
import type { Client } from '@connectrpc/connect'
import type { EventLog } from '@marquee/event-log/port'
import { MetadataService } from '../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../gen/rating/v1/rating_pb.ts'
import { createRandom, type SeenMovie, type SimulatedRating, simulateAudience } from './audience.ts'
import { withClient } from './client.ts'
import { defaults, eventLogFlags, eventLogHelp, openEventLogAt, readTopics } from './config.ts'
import { type PaceOptions, pace } from './pace.ts'
import { main, type Program, readCount, readUrl, type Terminal, UsageError } from './program.ts'
import { createProgress } from './progress.ts'
import { createSummary } from './summary.ts'
import { type ReadToken, readTokens, tokenFlags, tokenHelp } from './token.ts'

/** Maximum number of movies to read, and number of movies per call. */
const moviesMax = 100_000
const pageSize = 500
/** Maximum number of PutRating calls in flight. */
const callsMax = 32

const peopleMax = 100_000
const ratePerSecondMax = 100_000
const secondsMax = 7 * 24 * 60 * 60
const ratingsMax = 1_000_000_000
const seedMax = 2 ** 32 - 1

const help = `simulate-audience [options]

Rates movies with simulated people, in half stars. Each rating is the movie's rating at IMDb, halved,
then changed by the person's taste and by chance. Movies with many votes there are rated more often. The ratings are
marked: their users are named simulated-0001 and so on, their provider simulated-audience.

  --people N        number of people (500)
  --rate N          ratings per second (50)
  --seconds N       stop after this time (30; no limit with --ratings)
  --ratings N       stop after this many ratings
  --seed N          the same seed gives the same ratings of the same catalogue (random)
  --metadata URL    the metadata service (${defaults.metadataUrl})
  ${eventLogHelp}
  --rating URL      send the ratings to this rating service by RPC instead
  ${tokenHelp}
  --help

Ctrl-C stops the simulation and prints the summary so far.
Exit codes: 0 done; 1 failed; 2 wrong arguments; 130 stopped by Ctrl-C.`

/** Saves ratings. Resolves when they are saved. */
type Send = (ratings: readonly SimulatedRating[]) => Promise<void>

/** Rates movies with a simulated audience. */
export const simulateAudienceProgram: Program = {
  name: 'simulate-audience',
  help,
  async run(args, terminal) {
    const options = await readOptions(args)
    const movies = await readCatalogue(options)
    terminal.print(
      `${options.people} simulated people rate ${movies.length} movies, seed ${options.seed}`,
    )
    const ratings = simulateAudience({ ...options, movies, random: createRandom(options.seed) })
    const rateBy = (send: Send) =>
      rate({ ...options, signal: terminal.signal }, ratings, send, terminal)
    if (options.ratingUrl !== undefined) {
      const { ratingUrl, readToken } = options
      await withClient(RatingService, ratingUrl, readToken, (client) => rateBy(byCalls(client)))
      return
    }
    const eventLog = await openEventLogAt(options.eventLogPath, 'simulate-audience')
    try {
      await rateBy(byEvents(eventLog, options.topic))
    } finally {
      await eventLog[Symbol.asyncDispose]()
    }
  },
}

async function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      people: { type: 'string', default: '500' },
      rate: { type: 'string', default: '50' },
      seconds: { type: 'string' },
      ratings: { type: 'string' },
      seed: { type: 'string' },
      metadata: { type: 'string', default: defaults.metadataUrl },
      ...eventLogFlags,
      rating: { type: 'string' },
      ...tokenFlags,
    },
  })
  if (values.rating !== undefined && values['event-log'] !== undefined) {
    throw new UsageError('--rating and --event-log cannot be combined: leave one out')
  }
  const { seconds = values.ratings === undefined ? '30' : undefined } = values
  return {
    people: readCount('--people', values.people, 1, peopleMax),
    ratePerSecond: readCount('--rate', values.rate, 1, ratePerSecondMax),
    durationMs: 1000 * readCountOr(Infinity, '--seconds', seconds, secondsMax),
    countMax: readCountOr(Infinity, '--ratings', values.ratings, ratingsMax),
    seed: readCountOr(randomSeed(), '--seed', values.seed, seedMax),
    metadataUrl: readUrl('--metadata', values.metadata),
    ratingUrl: values.rating === undefined ? undefined : readUrl('--rating', values.rating),
    eventLogPath: values['event-log'],
    topic: readTopics(values).topic,
    readToken: await readTokens(values),
  }
}

function readCountOr(otherwise: number, flag: string, value: string | undefined, max: number) {
  return value === undefined ? otherwise : readCount(flag, value, 0, max)
}

async function readCatalogue({
  metadataUrl,
  readToken,
}: {
  readonly metadataUrl: string
  readonly readToken: ReadToken
}): Promise<SeenMovie[]> {
  const movies: SeenMovie[] = []
  await withClient(MetadataService, metadataUrl, readToken, async (client) => {
    let pageToken = ''
    do {
      const page = await client.listMetadata({ pageSize, pageToken })
      movies.push(...page.metadata)
      pageToken = page.nextPageToken
    } while (pageToken !== '' && movies.length < moviesMax)
  })
  if (movies.length === 0)
    throw new Error(`${metadataUrl} has no movies: run import-catalogue first`)
  return movies
}

async function rate(
  paceOptions: PaceOptions,
  ratings: Iterator<SimulatedRating, never>,
  send: Send,
  { stderr, print }: Terminal,
) {
  const { durationMs, countMax, ratePerSecond } = paceOptions
  const total = Math.min(countMax, Math.floor((durationMs * ratePerSecond) / 1000))
  const progress = createProgress({ stderr, noun: 'ratings', total })
  const summary = createSummary(['simulated'])
  try {
    for await (const count of pace(paceOptions)) {
      await send(Array.from({ length: count }, () => ratings.next().value))
      summary.count('simulated', count)
      progress.update(summary.get('simulated'), summary.get('simulated'))
    }
  } finally {
    progress.stop()
    print(summary.format())
  }
}

function byEvents(eventLog: EventLog, topic: string): Send {
  const encoder = new TextEncoder()
  const common = { recordType: 'movie', providerId: 'simulated-audience', eventType: 'put' }
  return (ratings) =>
    eventLog.append(
      topic,
      ratings.map((rating) => ({
        key: rating.recordId,
        value: encoder.encode(JSON.stringify({ ...rating, ...common })),
      })),
    )
}

function byCalls(client: Client<typeof RatingService>): Send {
  return async (ratings) => {
    for (let start = 0; start < ratings.length; start += callsMax) {
      const together = ratings.slice(start, start + callsMax)
      await Promise.all(
        together.map((rating) => client.putRating({ ...rating, recordType: 'movie' })),
      )
    }
  }
}

function randomSeed(): number {
  return Math.floor(Math.random() * (seedMax + 1))
}

if (import.meta.main) await main(simulateAudienceProgram)
