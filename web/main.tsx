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
// Asked for before anything is drawn: the answer comes while the page is.
const route = router.route.peek()
if (route.page === 'list') list.show(route.order, route.query)
await addFont(document)
render(
  <App {...{ clients, router, theme, board, ownRatings, list, singleKeys, connection }} />,
  place,
)
