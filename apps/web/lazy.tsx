import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { EmptyState } from './empty-state.tsx'
import { Failure } from './failure.tsx'
import type { PageProps } from './page-props.ts'

type Loaded = ComponentType<PageProps>

/** The code of a page, which is loaded when it is needed. */
export interface LazyPage {
  /** Imports the code, again after a failure. */
  load(): Promise<Loaded>
  /** The page when it is loaded. */
  readonly loaded: Loaded | undefined
}

export function createLazyPage(load: () => Promise<Loaded>): LazyPage {
  let loaded: Loaded | undefined
  return {
    async load() {
      loaded = await load()
      return loaded
    },
    get loaded() {
      return loaded
    },
  }
}

interface LazyProps {
  readonly code: LazyPage
  readonly props: PageProps
}

/** A page whose code is loaded when it is opened. */
export function Lazy({ code, props }: LazyProps) {
  const page = useSignal<{ Loaded?: Loaded | undefined; failed?: boolean }>({ Loaded: code.loaded })
  const start = () => {
    if (page.peek().Loaded) return
    page.value = {}
    code.load().then(
      (Loaded) => {
        page.value = { Loaded }
      },
      () => {
        page.value = { failed: true }
      },
    )
  }
  useEffect(start, [code])
  const { Loaded, failed } = page.value
  if (failed) {
    // After a deployment the script has another name, which only a new document knows.
    const retry = () => (navigator.onLine ? location.reload() : start())
    const text = navigator.onLine ? 'Marquee may have been updated.' : 'You are offline.'
    return (
      <EmptyState poster="Back soon" genre="Film-Noir">
        <h1 tabIndex={-1} class="visually-hidden">
          Marquee
        </h1>
        <Failure title="Couldn't load this page" text={text} retry={retry} />
      </EmptyState>
    )
  }
  if (Loaded) return <Loaded {...props} />
  return (
    <div class="loading" aria-busy="true">
      <p class="visually-hidden">Loading…</p>
      <div class="ghost-text" />
      <div class="ghost-text" />
      <div class="ghost-text" />
    </div>
  )
}
