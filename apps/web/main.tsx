import { signal } from '@preact/signals'
import { render } from 'preact'
import { App, createLazyPages } from './app.tsx'
import { createBrowserStorage } from './browser-storage.ts'
import { createClients } from './clients.ts'
import { addFont } from './font.ts'
import { createTheme } from './frame/theme.ts'
import { createToasts } from './frame/toasts.tsx'
import { createMovieList } from './list/movie-list.ts'
import { createOwnRatings } from './rating/own-ratings.ts'
import { createRatingCache } from './rating/rating-cache.ts'
import { createSavedRatings } from './rating/saved-ratings.ts'
import { createRouter } from './router.ts'
import { createSingleKeys } from './shortcuts.ts'
import { createSignIn } from './sign-in/sign-in.ts'

/**
 * Longest wait before the first paint for the list, without which a skeleton is shown, or for the code
 * of another page. In milliseconds.
 */
const pageWaitMs = 100
/**
 * Time since the start of the navigation, in milliseconds, until which the first paint waits for the
 * font. On a slow network it is over when the script runs, and a fallback font is shown at once.
 */
const fontWaitMs = 300

const root = document.getElementById('page')
if (!root) throw new Error('index.html has no element #page')
const storage = createBrowserStorage(window)
const theme = createTheme(document, storage)
const router = createRouter(window)
const clients = createClients()
const ratingCache = createRatingCache(requestAnimationFrame)
const signIn = createSignIn(clients, window)
const savedRatings = createSavedRatings(storage)
const ownRatings = createOwnRatings({ clients, ratingCache, savedRatings, signIn })
const list = createMovieList({ clients, ratingCache, ownRatings })
const singleKeys = createSingleKeys(storage)
const connection = signal(undefined)
const toasts = createToasts((movieId) => ownRatings.of(movieId).value.error !== undefined)
// Requested before the first paint, so that a fast response needs no skeleton.
const route = router.route.peek()
const lazyPages = createLazyPages()
const first = loadFirst()
const font = Promise.race([addFont(document), sleep(fontWaitMs - performance.now())])
await Promise.all([font, Promise.race([first, sleep(pageWaitMs)])])
const isPainted = signal(false)
render(
  <App
    clients={clients}
    router={router}
    theme={theme}
    signIn={signIn}
    ratingCache={ratingCache}
    ownRatings={ownRatings}
    list={list}
    singleKeys={singleKeys}
    toasts={toasts}
    connection={connection}
    isPainted={isPainted}
    lazyPages={lazyPages}
  />,
  root,
)
// A task of its own after the first frame.
requestAnimationFrame(() =>
  setTimeout(() => {
    isPainted.value = true
  }),
)

/** Starts to load what the first page needs. A failure is shown by the page. */
async function loadFirst(): Promise<void> {
  if (route.page === 'list') await list.show(route.view)
  const code = Object.entries(lazyPages).find(([name]) => name === route.page)?.[1]
  await code?.load().catch(() => undefined)
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}
