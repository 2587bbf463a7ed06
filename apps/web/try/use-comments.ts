import { useEffect, useState } from 'preact/hooks'
import type { FormShared } from './form-context.ts'

/**
 * The comments of the protos, which are loaded together with the methods; `undefined` until then.
 * When they cannot be loaded, there are none: a method can be called without.
 */
export function useComments(): FormShared['commentOf'] | undefined {
  const [state, setState] = useState<{ commentOf?: FormShared['commentOf'] }>({})
  useEffect(() => {
    import('./proto-comments.ts').then(
      ({ protoComment }) => setState({ commentOf: protoComment }),
      () => setState({ commentOf: () => undefined }),
    )
  }, [])
  return state.commentOf
}
