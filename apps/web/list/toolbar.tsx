import { listPath, type Route } from '../route.ts'

interface ToolbarProps {
  readonly route: Extract<Route, { page: 'list' }>
  /** True while a request is in flight and the previous list is shown. */
  readonly busy: boolean
  /** False when the top list is known to be empty. */
  readonly hasTop: boolean
}

export function Toolbar({ route, busy, hasTop }: ToolbarProps) {
  const { query, order } = route
  return (
    <div class="toolbar">
      <h1 tabIndex={-1} class="toolbar-title">
        {title(query, order === 'top' && hasTop)}
      </h1>
      <nav class="segments" aria-label="Order">
        <a href={listPath('', 'top')} aria-current={!query && order === 'top' ? 'true' : undefined}>
          Top rated
        </a>
        <a
          href={listPath('', 'title')}
          aria-current={!query && order === 'title' ? 'true' : undefined}
        >
          A to Z
        </a>
      </nav>
      <div class="progress" data-busy={busy ? '' : undefined} />
    </div>
  )
}

function title(query: string, isTop: boolean): string {
  if (query) return 'Search'
  return isTop ? 'Top rated' : 'All movies'
}
