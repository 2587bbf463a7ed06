/** One running instance of a service. */
export interface Instance {
  /** Unique among the instances of all services. */
  readonly id: string
  /** Where it listens, as an origin: `http://10.0.0.5:8082`. */
  readonly url: string
}

/** The instances of one service, kept up to date in the background. */
export interface InstanceWatch {
  /**
   * The instances last known, without waiting. Empty when none is known. An array read here never
   * changes: each change makes another array.
   */
  readonly instances: readonly Instance[]
}

/** Finds the instances of a service by its name. A registry is one. */
export interface Resolver {
  /** Starts to follow a service. Resolves with the instances known by then, which may be none. */
  watch(service: string): Promise<InstanceWatch & Disposable>
}
