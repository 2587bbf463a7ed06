import { type Signal, useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { EmptyState } from './empty-state.tsx'
import { Footer } from './frame/footer.tsx'
import { Header } from './frame/header.tsx'
import { HelpDialog } from './frame/help.tsx'
import { OfflineNotice } from './frame/offline-notice.tsx'
import type { Theme } from './frame/theme.ts'
import { ToastRegion } from './frame/toasts.tsx'
import { createLazyPage, Lazy } from './lazy.tsx'
import { ListPage } from './list/page.tsx'
import { MoviePage } from './movie/page.tsx'
import { useNavigation } from './navigation.ts'
import type { PageProps } from './page-props.ts'
import type { Route } from './route.ts'
import type { SignIn } from './sign-in/sign-in.ts'

interface AppProps extends Omit<PageProps, 'announce'> {
  readonly theme: Signal<Theme>
  readonly signIn: SignIn
  readonly lazyPages: LazyPages
}

/** The frame around every page, and the page itself. */
export function App({ theme, signIn, lazyPages, ...parts }: AppProps) {
  const { router, clients, singleKeys, toasts } = parts
  const announcement = useSignal('')
  const help = useSignal(false)
  const props = useMemo<PageProps>(() => {
    const announce = (text: string) => {
      announcement.value = text
    }
    return { ...parts, announce }
  }, [])
  const route = router.route.value
  const main = useNavigation(router)
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <Header
        route={route}
        router={router}
        list={parts.list}
        connection={parts.connection}
        signIn={signIn}
        theme={theme}
        singleKeys={singleKeys}
        help={help}
        ownCount={parts.ownRatings.count}
      />
      <main id="main" ref={main} tabIndex={-1} data-page={route.page}>
        <Page route={route} lazyPages={lazyPages} props={props} />
      </main>
      <OfflineNotice connection={parts.connection} />
      <Footer clients={clients} />
      <ToastRegion toasts={toasts} />
      <p class="visually-hidden" role="status">
        {announcement}
      </p>
      <HelpDialog open={help} singleKeys={singleKeys} />
    </>
  )
}

/** Creates the pages whose code is loaded when they are opened. */
export function createLazyPages() {
  return {
    me: createLazyPage(() => import('./me/page.tsx').then(({ MePage }) => MePage)),
    system: createLazyPage(() => import('./system/page.tsx').then(({ SystemPage }) => SystemPage)),
    try: createLazyPage(() => import('./try/page.tsx').then(({ TryPage }) => TryPage)),
  }
}

type LazyPages = ReturnType<typeof createLazyPages>

interface PageOfRouteProps {
  readonly route: Route
  readonly lazyPages: LazyPages
  readonly props: PageProps
}

function Page({ route, lazyPages, props }: PageOfRouteProps) {
  switch (route.page) {
    case 'list':
      return <ListPage {...props} route={route} />
    case 'me':
      return <Lazy key="me" code={lazyPages.me} props={props} />
    case 'movie':
      return <MoviePage key={route.movieId} {...props} movieId={route.movieId} />
    case 'system':
      return <Lazy key="system" code={lazyPages.system} props={props} />
    case 'try':
      return <Lazy key="try" code={lazyPages.try} props={props} />
    case 'not-found':
      return <NotFoundPage />
  }
}

function NotFoundPage() {
  return (
    <EmptyState poster="Wrong turn" genre="Adventure">
      <h1 tabIndex={-1}>Page not found</h1>
      <p>Check the address, or start from the list.</p>
      <a class="button button-link" href="/">
        All movies
      </a>
    </EmptyState>
  )
}
