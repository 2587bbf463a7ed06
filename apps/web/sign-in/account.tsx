import { type SignIn, signInPath } from './sign-in.ts'

/** The name of the person with a button to sign out, or a link to sign in. */
export function Account({ signIn }: { signIn: SignIn }) {
  const state = signIn.state.value
  if (state.status === 'none') return null
  if (state.status !== 'signed-in') {
    return (
      <p class="account">
        <a class="button" href={signInPath(location)}>
          Sign in
        </a>
      </p>
    )
  }
  return (
    <p class="account">
      <span class="account-name">{state.name}</span>
      <button type="button" class="button button-quiet" onClick={() => void signIn.signOut()}>
        Sign out
      </button>
    </p>
  )
}
