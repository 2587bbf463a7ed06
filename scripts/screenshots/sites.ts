import { join } from 'node:path'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { appendPoison } from '../../test/page/events.ts'
import { createOthers, famousMovies, ratingsInOrder } from '../../test/page/ratings.ts'
import { type Services, startServices } from '../../test/page/services.ts'
import { startServicesApart } from '../../test/page/services-apart.ts'
import { startServicesWithSignIn } from '../../test/page/services-with-sign-in.ts'
import { runningStates } from '../../test/page/states/all.ts'
import { outageStates } from '../../test/page/states/outage.ts'
import { signInStates } from '../../test/page/states/sign-in.ts'
import type { PageStates } from '../../test/page/states/state.ts'
import { quietStates } from '../../test/page/states/system.ts'

const audience = ['--people', '300', '--seed', '7']
const before = ['--ratings', '6000', '--rate', '6000']
const meanwhile = ['--rate', '20', '--seconds', '3600']
const ratedCount = 12
/** Long enough for no access token to expire. */
const accessTokenSeconds = 3_600

interface OpenSite extends AsyncDisposable {
  readonly origin: string
}

/** Services that are started in some way, and the states of the page that they have. */
export interface Site {
  readonly states: PageStates
  open(): Promise<OpenSite>
}

export const sites: readonly Site[] = [
  { states: runningStates, open: openBusy },
  { states: signInStates, open: () => startServicesWithSignIn(accessTokenSeconds) },
  { states: quietStates, open: openApart },
  {
    states: outageStates,
    async open() {
      const site = await openApart()
      await site.killRating()
      return site
    },
  },
]

async function openApart() {
  const services = await startServicesApart()
  const ratings = ratingsInOrder(await famousMovies(ratedCount))
  await createOthers(services.urls.rating).rateMany(ratings)
  return { ...services, origin: services.urls.movie }
}

/** The services with thousands of ratings, while an audience rates. */
export async function openBusy(): Promise<OpenSite> {
  await using stack = new AsyncDisposableStack()
  const services = stack.use(await startServices())
  await appendPoison(services)
  await using program = await rate(services, before)
  const { code } = await program.exited
  if (code !== 0) throw new Error(`the simulated audience failed: ${program.stderr()}`)
  stack.use(await rate(services, meanwhile))
  const kept = stack.move()
  return { origin: services.urls.movie, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

function rate({ urls, data }: Services, pace: readonly string[]): Promise<Program> {
  const addresses = ['--metadata', urls.metadata, '--event-log', join(data, 'events.db')]
  return spawnProgram({
    runtime: 'bun',
    entry: 'producers/simulate-audience.ts',
    args: [...addresses, ...audience, ...pace],
  })
}
