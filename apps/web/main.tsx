import { signal } from '@preact/signals'
import { render } from 'preact'
import { App } from './app.tsx'
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

/** Longest wait before the first paint; after it, a skeleton or a fallback font is shown. */
const firstDrawMs = 100

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
const listed = route.page === 'list' ? list.show(route.view) : undefined
await Promise.race([Promise.all([addFont(document), listed]), sleep(firstDrawMs)])
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
  />,
  root,
)

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}
