import { useSignal } from '@preact/signals'
import { type SignIn, signInPath } from './sign-in.ts'

/** The name of the person with a button to sign out, or a link to sign in. */
export function Account({ signIn }: { signIn: SignIn }) {
  const state = signIn.state.value
  const hasFailed = useSignal(false)
  const signOut = async () => {
    hasFailed.value = false
    hasFailed.value = !(await signIn.signOut())
  }
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
      <button type="button" class="button button-quiet" onClick={() => void signOut()}>
        Sign out
      </button>
      <span class="account-error" role="alert">
        {hasFailed.value ? "Couldn't sign out. Try again." : ''}
      </span>
    </p>
  )
}
