import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Clients } from '../clients.ts'
import { countText } from '../list/toolbar.tsx'
import { version } from '../package.json' with { type: 'json' }
import { countText as countOfRatings } from '../rating/aggregate.ts'

/** The numbers of movies and ratings, a notice about the data, and a link to the documentation. */
export function Footer({ clients }: { clients: Clients }) {
  const texts = useSignal<readonly string[]>([])
  useEffect(() => {
    const load = async () => {
      texts.value = await loadTexts(clients)
    }
    // After what the page itself loads. Safari has no requestIdleCallback.
    const wait = globalThis.requestIdleCallback ?? setTimeout
    wait(() => void load())
  }, [])
  return (
    <footer class="footer">
      <p class="footer-inside">
        {texts.value.map((text) => (
          <span key={text}>{text}</span>
        ))}
        <a href="/docs" target="_self">
          Docs
        </a>
        <span>Marquee {version}</span>
      </p>
    </footer>
  )
}

/** Without a response, the footer has less to say: the page itself reports what is offline. */
async function loadTexts(clients: Clients): Promise<string[]> {
  const [{ dataNotice }, list] = await Promise.all([clients.addresses(), loadList(clients)])
  const { totalSize = 0, ratings } = list.ok ? list.value : {}
  const ratingCount = ratings?.unavailableSince ? 0 : Number(ratings?.ratingCount ?? 0)
  return [
    ...(totalSize > 0 ? [countText(totalSize)] : []),
    ...(ratingCount > 0 ? [countOfRatings(ratingCount)] : []),
    ...(dataNotice ? [dataNotice] : []),
  ]
}

/** Only a list by ratings says how many there are. It fails while metadata has never read them. */
async function loadList({ movie: { metadata } }: Clients) {
  const byRatings = await metadata.listMetadata({ pageSize: 1, orderBy: 'rating.count desc' })
  return byRatings.ok ? byRatings : metadata.listMetadata({ pageSize: 1 })
}
