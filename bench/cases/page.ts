import { openChromium } from '@marquee/testing/chromium'
import { tool } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import type { Browser, Page } from 'playwright-core'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { withClient } from '../../producers/client.ts'
import { noToken } from '../../producers/token.ts'
import {
  createOthers,
  famousMovies,
  type KnownMovie,
  ratingsInOrder,
} from '../../test/page/ratings.ts'
import { type Services, startServices } from '../../test/page/services.ts'
import { type Bench, ownName } from '../bench.ts'
import { timeInteractions } from './page-interactions.ts'
import {
  collectFrames,
  collectPaints,
  type FrameTimes,
  firstMovieMs,
  frameTimes,
} from './page-probes.ts'
import { openContext, openPhone, openWindow } from './page-window.ts'

const name = 'page'
/** Page loads per round for scripts and times, each with an empty cache. */
const loadsPerRound = 5
const changesPerSecond = 200
const changesMs = 10_000
/** Interval between two groups of changes. */
const groupMs = 20
/** Time for the largest element to be drawn after the heading. */
const paintSettleMs = 3_000
/** Pages whose largest element is measured, by the name of their figure. */
const paintedPaths = {
  list: '/',
  movie: '/movies/the-matrix-1999',
  system: '/system',
  try: '/try/movie.v1.MovieService/GetMovieDetails',
}
/** Number of rated movies. All of them are in or near the viewport. */
const movieCount = 24
const recordType = 'movie'

/**
 * Measures the page in Chromium without a GPU, on the same machine as the services: the size of a
 * first visit of the list, when the first movie is drawn, when the largest element is drawn and what
 * the slowest interaction takes on a phone, and the frame times while ratings change.
 */
export async function measurePage(bench: Bench): Promise<void> {
  const chromium = tool('chromium')
  if ('missing' in chromium) return bench.log(`${name} is skipped: ${chromium.missing}`)
  await using services = await startServices()
  await using browser = await openChromium(chromium.value)
  const movies = await famousMovies(movieCount)
  await createOthers(services.urls.rating).rateMany(ratingsInOrder(movies))
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`${name}: round ${round} of ${bench.rounds}`)
    for (let n = 0; n < loadsPerRound; n++) await measureLoad(bench, browser, services)
    for (const [place, path] of Object.entries(paintedPaths)) {
      await measurePaint(bench, browser, services, place, path)
    }
    await measureInteractions(bench, browser, services, movies)
    await measureFrames(bench, browser, services, movies, 'list', '/')
    const [best] = movies
    await measureFrames(
      bench,
      browser,
      services,
      movies.slice(0, 1),
      'movie',
      `/movies/${best?.id}`,
    )
  }
}

async function measureLoad(bench: Bench, browser: Browser, services: Services): Promise<void> {
  await using context = await openContext(browser, services)
  const page = await openWindow(context)
  await page.addInitScript(firstMovieMs)
  const scripts: Promise<number>[] = []
  page.on('requestfinished', (request) => {
    if (request.resourceType() !== 'script') return
    scripts.push(request.sizes().then(({ responseBodySize }) => responseBodySize))
  })
  await page.goto('/')
  const drawn = await page.waitForFunction(() => Reflect.get(globalThis, 'firstMovieMs'))
  report(bench, 'first_movie_ms', 'ms', Number(await drawn.jsonValue()))
  await page.getByText('Live', { exact: true }).waitFor()
  const bytes = (await Promise.all(scripts)).reduce((sum, one) => sum + one, 0)
  report(bench, 'script_bytes', 'B', bytes)
}

/** Measures the largest contentful paint (https://web.dev/articles/lcp) on a phone. */
async function measurePaint(
  bench: Bench,
  browser: Browser,
  services: Services,
  place: string,
  path: string,
): Promise<void> {
  await using context = await openContext(browser, services)
  const page = await openPhone(context)
  await page.addInitScript(collectPaints)
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await Bun.sleep(paintSettleMs)
  const paintMs = await page.waitForFunction(() => Reflect.get(globalThis, 'largestPaintMs'))
  report(bench, `${place}_lcp_ms`, 'ms', Number(await paintMs.jsonValue()))
}

/** Measures the slowest interaction (https://web.dev/articles/inp) on a phone. */
async function measureInteractions(
  bench: Bench,
  browser: Browser,
  services: Services,
  movies: readonly KnownMovie[],
): Promise<void> {
  await using context = await openContext(browser, services)
  const times = await timeInteractions(await openPhone(context), movies)
  const [worst, ...others] = times.toSorted((a, b) => b.durationMs - a.durationMs)
  const texts = others.map(({ name: step, durationMs }) => `${step} ${durationMs}`)
  bench.log(`${name}: worst interaction: ${worst?.name}. Others, in ms: ${texts.join(', ')}`)
  report(bench, 'worst_interaction_ms', 'ms', worst?.durationMs ?? 0)
}

async function measureFrames(
  bench: Bench,
  browser: Browser,
  services: Services,
  movies: readonly KnownMovie[],
  place: 'list' | 'movie',
  path: string,
): Promise<void> {
  await using context = await openContext(browser, services)
  const page = await context.newPage()
  await page.goto(path)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.evaluate(collectFrames)
  const rate = await changeRatings(services.urls.rating, movies)
  const times = await page.evaluate(frameTimes)
  await expectUpToDate(page, services, movies[0])
  report(bench, `${place}_changes_per_s`, '1/s', rate)
  reportFrames(bench, place, times)
}

function reportFrames(bench: Bench, place: string, times: FrameTimes): void {
  report(bench, `${place}_frame_p99_ms`, 'ms', times.p99Ms)
  report(bench, `${place}_longest_frame_ms`, 'ms', times.longestMs)
  report(bench, `${place}_longest_task_ms`, 'ms', times.longestTaskMs)
  bench.log(`${name}: longest frame of ${place}: ${longestFrameText(times)}`)
}

/** Without a record of a long frame, the main thread was idle, and the frame waited for others. */
function longestFrameText({ longestMs, longestFrame: record }: FrameTimes): string {
  const frame = `${longestMs.toFixed(1)} ms`
  if (!record) return `${frame}; the main thread was never busy for 50 ms`
  const { durationMs, scriptsMs, layoutMs, invoker } = record
  const parts = `scripts ${scriptsMs.toFixed(0)} ms, style and layout ${layoutMs.toFixed(0)} ms`
  return `${frame}; the main thread had one of ${durationMs} ms: ${parts}; longest script: ${invoker}`
}

/** Changes ratings at an even rate, one movie after the other. Returns the changes per second. */
function changeRatings(ratingUrl: string, movies: readonly KnownMovie[]): Promise<number> {
  return withClient(RatingService, ratingUrl, noToken, async (client) => {
    const startMs = performance.now()
    const calls: Promise<unknown>[] = []
    for (let elapsedMs = 0; elapsedMs < changesMs; elapsedMs = performance.now() - startMs) {
      const due = Math.floor((elapsedMs / 1000) * changesPerSecond)
      while (calls.length < due) {
        const n = calls.length
        const recordId = movies[n % movies.length]?.id ?? ''
        const userId = `bench-${n % 997}`
        calls.push(client.putRating({ recordType, recordId, userId, value: 1 + (n % 5) }))
      }
      await Bun.sleep(groupMs)
    }
    await Promise.all(calls)
    return calls.length / ((performance.now() - startMs) / 1000)
  })
}

/** Throws unless the page shows all changes, so that an incomplete run has no figure. */
async function expectUpToDate(
  page: Page,
  services: Services,
  movie: KnownMovie | undefined,
): Promise<void> {
  const { count, mean } = await createOthers(services.urls.rating).aggregateOf(movie?.id ?? '')
  const words = `${mean.toFixed(1)} of 5 from ${count.toLocaleString('en')} ratings`
  const isShown = async () => (await page.getByText(words, { exact: true }).count()) > 0
  await waitFor(isShown, { what: `the page to show ${words}`, timeoutMs: 5_000 })
}

function report(bench: Bench, metric: string, unit: string, value: number): void {
  bench.report({ case: name, peer: ownName, metric, unit, value })
}
