import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { Failure } from './failure.tsx'
import type { PageProps } from './page-props.ts'

interface LazyProps {
  /** Imports the page's code; called again when a person retries. */
  readonly load: () => Promise<ComponentType<PageProps>>
  readonly props: PageProps
}

/** A page whose code is loaded when it is opened. */
export function Lazy({ load, props }: LazyProps) {
  const page = useSignal<{ Loaded?: ComponentType<PageProps>; failed?: boolean }>({})
  const start = () => {
    page.value = {}
    load().then(
      (Loaded) => {
        page.value = { Loaded }
      },
      () => {
        page.value = { failed: true }
      },
    )
  }
  useEffect(start, [load])
  const { Loaded, failed } = page.value
  if (failed) {
    // After a deployment the script has another name, which only a new document knows.
    const retry = () => (navigator.onLine ? location.reload() : start())
    return <Failure title="Couldn't load this page" retry={retry} />
  }
  return Loaded ? <Loaded {...props} /> : <p class="loading">Loading…</p>
}
