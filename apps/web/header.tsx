import type { ReadonlySignal, Signal } from '@preact/signals'
import { Help } from './help.tsx'
import { type ConnectionState, connectionLabels } from './live/connection.ts'
import type { Route } from './route.ts'
import { Account } from './sign-in/account.tsx'
import type { SignIn } from './sign-in/sign-in.ts'
import { nextTheme, type Theme } from './theme.ts'

interface HeaderProps {
  readonly page: Route['page']
  readonly connection: ReadonlySignal<ConnectionState | undefined>
  readonly signIn: SignIn
  readonly theme: Signal<Theme>
  readonly singleKeys: Signal<boolean>
}

const links = [
  { path: '/', page: 'list', text: 'Movies' },
  { path: '/system', page: 'system', text: 'System' },
  { path: '/try', page: 'try', text: 'API' },
] as const

export function Header({ page, connection, signIn, theme, singleKeys }: HeaderProps) {
  return (
    <header class="header">
      <div class="header-inside">
        <a class="brand" href="/" aria-label="Marquee: all movies">
          Marquee
        </a>
        <Connection state={connection} />
        <Account signIn={signIn} />
        <nav class="nav" aria-label="Pages">
          {links.map((link) => (
            <a key={link.path} href={link.path} aria-current={currentOf(link.page, page)}>
              {link.text}
            </a>
          ))}
        </nav>
        <Help singleKeys={singleKeys} />
        <ThemeButton theme={theme} />
      </div>
    </header>
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

function ThemeButton({ theme }: { theme: Signal<Theme> }) {
  const next = nextTheme(theme.value)
  const label = `Theme: ${theme.value}. Switch to ${next}`
  const change = () => {
    theme.value = next
  }
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={change}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <ThemeIcon theme={theme.value} />
      </svg>
    </button>
  )
}

function ThemeIcon({ theme }: { theme: Theme }) {
  if (theme === 'dark')
    return (
      <path class="icon-fill" d="M16.500 12.300A7 7 0 0 1 7.700 3.500a7 7 0 1 0 8.800 8.800Z" />
    )
  if (theme === 'light') {
    return (
      <>
        <circle class="icon-fill" cx="10" cy="10" r="3.500" />
        <path
          class="icon-line"
          d="M10 1.500v2.500M10 16v2.500M1.500 10H4M16 10h2.500M4 4l1.800 1.800M14.200 14.200 16 16M4 16l1.800-1.800M14.200 5.800 16 4"
        />
      </>
    )
  }
  return (
    <>
      <circle class="icon-line" cx="10" cy="10" r="7" />
      <path class="icon-fill" d="M10 3a7 7 0 0 1 0 14Z" />
    </>
  )
}
