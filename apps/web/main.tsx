import { signal } from '@preact/signals'
import { render } from 'preact'
import { App } from './app.tsx'
import { createClients } from './clients.ts'
import { addFont } from './font.ts'
import { createKept } from './kept.ts'
import { createMovieList } from './list/movie-list.ts'
import { createRatingBoard } from './rating/board.ts'
import { createOwnRatings } from './rating/own-ratings.ts'
import { createRemembered } from './rating/remembered.ts'
import { createRouter } from './router.ts'
import { createSingleKeys } from './single-keys.ts'
import { createTheme } from './theme.ts'

/** Longer than this nothing is waited for: a skeleton is drawn, or text in another font. */
const firstDrawMs = 100

const place = document.getElementById('page')
if (!place) throw new Error('index.html has no element #page')
const kept = createKept(window)
const theme = createTheme(document, kept)
const router = createRouter(window)
const clients = createClients()
const board = createRatingBoard(requestAnimationFrame)
const ownRatings = createOwnRatings({ clients, board, remembered: createRemembered(kept) })
const list = createMovieList(clients, board)
const singleKeys = createSingleKeys(kept)
const connection = signal(undefined)
// Asked for before anything is drawn. What comes at once is drawn at once, without a skeleton before it.
const route = router.route.peek()
const listed = route.page === 'list' ? list.show(route.order, route.query) : undefined
await Promise.race([Promise.all([addFont(document), listed]), sleep(firstDrawMs)])
render(
  <App {...{ clients, router, theme, board, ownRatings, list, singleKeys, connection }} />,
  place,
)

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}
