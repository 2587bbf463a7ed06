import type { PageProps } from '../page-props.ts'

export function MoviePage({ movieId }: PageProps & { movieId: string }) {
  return <h1 tabIndex={-1}>{movieId}</h1>
}
