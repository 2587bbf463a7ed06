import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Movie } from '../catalogue/movie.ts'
import { copyText, selectContents } from '../copy-text.ts'
import type { PageProps } from '../page-props.ts'
import { externalIdsText, imdbText, releaseText, timeText } from './facts.ts'

/** Fields that the page shows elsewhere, or together with another field. */
type Elsewhere =
  | 'title'
  | 'description'
  | 'year'
  | 'director'
  | 'runningTimeMinutes'
  | 'genres'
  | 'imdbVotes'

interface Besides {
  /** Notice about the data of the catalogue. Empty for none. */
  readonly source: string
  /** Year of the catalogue's data, when it is not kept current. */
  readonly year: number | undefined
  readonly announce: PageProps['announce']
}

type Detail = readonly [name: string, textOf: (movie: Movie, besides: Besides) => ComponentChildren]

/** A detail for each other field: the compiler asks for that of a new field. */
const details: Readonly<Record<Exclude<keyof Movie, Elsewhere> | 'source', Detail>> = {
  releaseDate: ['Released', releaseText],
  imdbRating: [
    'IMDb',
    ({ imdbRating, imdbVotes }, { year }) =>
      imdbRating ? imdbText(imdbRating, imdbVotes, year) : undefined,
  ],
  externalIds: ['Known as', ({ externalIds }) => externalIds && externalIdsText(externalIds)],
  id: ['Id', ({ id }, { announce }) => <CopyableId id={id} announce={announce} />],
  source: ['Source', (_movie, { source }) => source],
  updateTime: [
    'Last updated',
    ({ updateTime }) => updateTime && <Time time={new Date(Number(updateTime.seconds) * 1000)} />,
  ],
}

interface DetailsProps {
  readonly movie: Movie
  readonly page: PageProps
}

/** The facts of a movie that its head does not have. They appear with their source. */
export function Details({ movie, page }: DetailsProps) {
  const known = useSignal<Pick<Besides, 'source' | 'year'> | undefined>(undefined)
  useEffect(() => {
    void page.clients.addresses().then(({ dataNotice = '', dataYear }) => {
      known.value = { source: dataNotice, year: dataYear }
    })
  }, [])
  if (known.value === undefined) return null
  const besides = { ...known.value, announce: page.announce }
  return (
    <section aria-labelledby="details-title">
      <h2 id="details-title">Details</h2>
      <dl class="details">
        {Object.values(details).map(([name, textOf]) => {
          const text = textOf(movie, besides)
          return text ? (
            <div key={name} class="detail">
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ) : null
        })}
      </dl>
    </section>
  )
}

function Time({ time }: { time: Date }) {
  return <time dateTime={time.toISOString()}>{timeText(time)}</time>
}

/** The id with a button that copies it, or selects it where the browser forbids copying. */
function CopyableId({ id, announce }: { id: string; announce: PageProps['announce'] }) {
  const element = useRef<HTMLElement>(null)
  const isCopied = useSignal(false)
  const copy = async () => {
    isCopied.value = await copyText(id)
    if (isCopied.value) announce('Copied the id')
    else selectContents(element.current)
  }
  return (
    <>
      <code ref={element}>{id}</code>{' '}
      <button type="button" class="small-button" onClick={() => void copy()}>
        {isCopied.value ? 'Copied' : 'Copy'}
        <span class="visually-hidden"> the id</span>
      </button>
    </>
  )
}
