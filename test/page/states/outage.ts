import type { Visitor } from '../visitor.ts'
import { firstMovie, type PageStates } from './state.ts'

async function expectOutage(visitor: Visitor): Promise<void> {
  visitor.expectProblems(/\/services\/rating\//, /ListMovies/)
}

/** The states of services of which rating was killed. */
export const outageStates: PageStates = {
  'rating-down-list': {
    path: '/',
    shows: 'the list while the rating service is down',
    prepare: expectOutage,
    async reach(page) {
      await firstMovie(page)
      await page.getByText('Ratings are offline.').waitFor()
    },
  },
  'rating-down-movie': {
    path: '/movies/the-matrix-1999',
    shows: 'a movie while the rating service is down',
    prepare: expectOutage,
    reach: (page) => page.getByText('Ratings are offline.', { exact: true }).waitFor(),
  },
  'rating-down-system': {
    path: '/system',
    shows: 'the system page while the rating service is down',
    prepare: expectOutage,
    pictureAfterMs: 3_000,
    async reach(page) {
      await page
        .getByText(/Degraded: rating is down/)
        .first()
        .waitFor()
    },
  },
  'rating-down-try': {
    path: '/try/rating.v1.RatingService/GetRating',
    shows: 'a method of a service that is down',
    prepare: expectOutage,
    reach: (page) => page.getByText("Couldn't load GetRating").waitFor(),
  },
}
