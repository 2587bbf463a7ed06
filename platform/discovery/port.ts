/** One running instance of a service. */
export interface Instance {
  /** Unique among the instances of all services. */
  readonly id: string
  /** Where it listens, as an origin: `http://10.0.0.5:8082`. */
  readonly url: string
}

/** An instance to announce. */
export interface NewInstance {
  /** The service's short name: `metadata`, `rating`, `movie`. */
  readonly service: string
  readonly url: string
}

/** The instances of one service, kept up to date in the background. */
export interface Watch extends Disposable {
  /**
   * The instances last known, without waiting for anything. Empty when none is known. An array read here never
   * changes: a change makes another array.
   */
  readonly instances: readonly Instance[]
}

/** Which instances of which service there are. All methods may be called concurrently. */
export interface Registry extends AsyncDisposable {
  /**
   * Announces an instance, once it can answer. Disposing the answer takes it back; a second time is harmless.
   */
  register(instance: NewInstance): Promise<AsyncDisposable>

  /**
   * Starts to follow a service, and resolves with what is known at the time, which may be nothing. Watches of the same
   * service share one connection to the registry.
   */
  watch(service: string): Promise<Watch>
}
