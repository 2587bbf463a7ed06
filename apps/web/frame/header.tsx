import { type ReadonlySignal, type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { MovieList } from '../list/movie-list.ts'
import { type ConnectionState, connectionLabels } from '../live/connection.ts'
import type { Route } from '../route.ts'
import type { Router } from '../router.ts'
import { Account } from '../sign-in/account.tsx'
import type { SignIn } from '../sign-in/sign-in.ts'
import { HelpButton } from './help.tsx'
import { Menu } from './menu.tsx'
import { Search } from './search.tsx'
import type { Theme } from './theme.ts'
import { ThemeButton } from './theme-button.tsx'

interface HeaderProps {
  readonly route: Route
  readonly router: Router
  readonly list: MovieList
  readonly connection: ReadonlySignal<ConnectionState | undefined>
  readonly signIn: SignIn
  readonly theme: Signal<Theme>
  readonly singleKeys: Signal<boolean>
  readonly help: Signal<boolean>
  /** Number of the person's own ratings. */
  readonly ownCount: ReadonlySignal<number>
}

const links = [
  { path: '/', page: 'list', text: 'Movies' },
  { path: '/me', page: 'me', text: 'My ratings' },
  { path: '/system', page: 'system', text: 'System' },
  { path: '/try', page: 'try', text: 'API' },
] as const

/** The links to the pages, a search field, and what concerns every page. */
export function Header(props: HeaderProps) {
  const { route, router, list, connection, signIn, theme, singleKeys, help, ownCount } = props
  const hasAccount = signIn.state.value.status !== 'none'
  const narrow = useMediaQuery(hasAccount ? '(width < 56rem)' : '(width < 40rem)')
  const pages = <Pages page={route.page} ownCount={ownCount} />
  const buttons = (
    <>
      <HelpButton open={help} />
      <ThemeButton theme={theme} />
    </>
  )
  return (
    <header class="header">
      <div class="header-inside">
        <a class="brand" href="/" aria-label="Marquee: all movies">
          Marquee
        </a>
        {narrow ? null : pages}
        <Search route={route} router={router} list={list} singleKeys={singleKeys} />
        <Connection state={connection} />
        {narrow ? (
          <Menu route={route}>
            {pages}
            <Account signIn={signIn} />
            <div class="menu-buttons">{buttons}</div>
          </Menu>
        ) : (
          <>
            <Account signIn={signIn} />
            {buttons}
          </>
        )}
      </div>
    </header>
  )
}

interface PagesProps extends Pick<HeaderProps, 'ownCount'> {
  readonly page: Route['page']
}

function Pages({ page, ownCount }: PagesProps) {
  return (
    <nav class="nav" aria-label="Pages">
      {links.map((link) => (
        <a key={link.path} href={link.path} aria-current={currentOf(link.page, page)}>
          {link.text}
          {link.page === 'me' && ownCount.value > 0 ? ` (${ownCount.value})` : ''}
        </a>
      ))}
    </nav>
  )
}

function currentOf(link: Route['page'], page: Route['page']) {
  if (link === page) return 'page'
  return link === 'list' && page === 'movie' ? 'true' : undefined
}

function Connection({ state }: { state: HeaderProps['connection'] }) {
  const value = state.value
  return (
    <p class="connection" data-state={value ?? 'none'} role="status">
      {value ? <span class="connection-dot" aria-hidden="true" /> : null}
      <span class="connection-word">{value ? connectionLabels[value] : ''}</span>
    </p>
  )
}

function useMediaQuery(query: string): boolean {
  const matches = useSignal(matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const update = () => {
      matches.value = list.matches
    }
    update()
    list.addEventListener('change', update)
    return () => list.removeEventListener('change', update)
  }, [query])
  return matches.value
}
