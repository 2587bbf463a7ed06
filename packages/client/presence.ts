/** Says whether somebody looks at what is watched. */
export interface Presence {
  /** `paused` while nobody looks; `offline` while there is no network. */
  state(): 'active' | 'paused' | 'offline'
  /** Calls `listener` when the state may have changed. Returns a function that ends this. */
  onChange(listener: () => void): () => void
}

/** For programs without a page. */
export const alwaysPresent: Presence = { state: () => 'active', onChange: () => () => {} }
