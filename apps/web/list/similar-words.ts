import type { Movie } from '../catalogue/movie.ts'

type SearchedMovie = Pick<Movie, 'title' | 'director' | 'genres' | 'year'>

/**
 * True when a movie has every word of the query, as the search folds them. Otherwise the search
 * found similar words.
 */
export function hasWords(query: string, movie: SearchedMovie): boolean {
  const { title, director, genres, year } = movie
  // Without spaces, because the search finds two words of a title in one: "spiderman".
  const text = fold([title, director, ...genres, year ?? ''].join(' ')).replaceAll(' ', '')
  return fold(query)
    .split(' ')
    .every((word) => text.includes(word))
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} ]/gu, '')
}
