import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Clients } from '../clients.ts'
import { countText } from '../list/toolbar.tsx'
import { version } from '../package.json' with { type: 'json' }

/** The number of movies, a notice about the data, and a link to the documentation. */
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
  const [{ dataNotice }, movies] = await Promise.all([
    clients.addresses(),
    clients.movie.metadata.listMetadata({ pageSize: 1 }),
  ])
  const count = movies.ok ? movies.value.totalSize : 0
  return [...(count > 0 ? [countText(count)] : []), ...(dataNotice ? [dataNotice] : [])]
}
