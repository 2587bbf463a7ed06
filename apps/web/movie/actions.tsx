import { useSignal } from '@preact/signals'
import { copyText } from '../copy-text.ts'
import type { PageProps } from '../page-props.ts'
import { requestFragment } from '../try/shared-request.ts'
import { tryPath } from '../try/try-path.ts'

interface ActionsProps {
  readonly movieId: string
  readonly announce: PageProps['announce']
}

/** Buttons that share the page, and open its request in the API explorer. */
export function Actions({ movieId, announce }: ActionsProps) {
  const copied = useSignal('Copy link')
  const copy = async () => {
    const url = location.origin + location.pathname
    // Phones have a menu of what to do with a link.
    if (navigator.share && matchMedia('(pointer: coarse)').matches) {
      // A person who closes the menu rejects it.
      await navigator.share({ url }).catch(() => undefined)
      return
    }
    const isDone = await copyText(url)
    copied.value = isDone ? 'Copied' : 'Copying is not allowed here'
    announce(isDone ? 'Copied the link' : copied.value)
  }
  return (
    <p class="movie-actions">
      <button type="button" class="button" onClick={() => void copy()}>
        {copied}
      </button>
      <a class="button" href={requestPath(movieId)} title="Call GetMovieDetails with this movie">
        API<span class="visually-hidden"> request of this movie</span>
      </a>
    </p>
  )
}

/** The path of the API explorer with the request of a movie. */
function requestPath(movieId: string): string {
  const path = tryPath('movie.v1.MovieService', 'GetMovieDetails', 'movie')
  return path + requestFragment({ text: JSON.stringify({ movieId }, null, 2), options: {} })
}
