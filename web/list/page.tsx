import type { PageProps } from '../page-props.ts'
import type { Route } from '../route.ts'

export function ListPage({ route }: PageProps & { route: Extract<Route, { page: 'list' }> }) {
  return <h1 tabIndex={-1}>{route.query || 'Movies'}</h1>
}
