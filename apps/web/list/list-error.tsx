import type { RpcError } from '@marquee/client/result'
import { EmptyState } from '../empty-state.tsx'
import { Failure } from '../failure.tsx'
import { retriedErrorText } from '../rpc-error.ts'
import { type ListView, listPath, sortName } from './list-view.ts'
import { hasEnded } from './movie-list.ts'
import { periodNames } from './period.ts'

interface ListErrorProps {
  readonly view: ListView
  readonly error: RpcError
  /** True when no movie of the list is loaded. */
  readonly isEmpty: boolean
  readonly retry: () => void
}

/** The reason why there are no movies, and ways on. */
export function ListError({ view, error, isEmpty, retry }: ListErrorProps) {
  if (hasEnded(error)) return <EndedList retry={retry} />
  if (view.period && isUnranked(error)) return <UnrankedPeriod view={view} />
  const text = retriedErrorText(error)
  if (!isEmpty) return <Failure title="Couldn't load more movies" text={text} retry={retry} />
  return (
    <EmptyState poster="Back soon" genre="Film-Noir">
      <Failure title="Couldn't load movies" text={text} retry={retry} />
    </EmptyState>
  )
}

function EndedList({ retry }: { retry: () => void }) {
  return (
    <Failure title="This list has changed" text="The rest of it is no longer available.">
      <button type="button" class="button" onClick={retry}>
        Show the new list
      </button>
    </Failure>
  )
}

/** True when more movies were rated than the rating service ranks by week and month. */
export function isUnranked({ reason }: RpcError): boolean {
  return reason === 'PERIOD_TOO_LARGE'
}

export const unrankedText =
  'Too many movies were rated in the last 30 days to rank them by week or month.'

function UnrankedPeriod({ view }: { view: ListView }) {
  const when = periodNames[view.period ?? 'month'].when
  const ofAllTime = { ...view, period: undefined }
  return (
    <EmptyState poster="Too many stars" genre="Mystery">
      <Failure title={`There is no list of ${when}`} text={unrankedText}>
        <a class="button button-link" href={listPath(ofAllTime)}>
          {sortName(ofAllTime)} of all time
        </a>
      </Failure>
    </EmptyState>
  )
}
