/** One running instance of a service. */
export interface Instance {
  /** Unique among the instances of all services. */
  readonly id: string
  /** Origin of its server: `http://10.0.0.5:8082`. */
  readonly url: string
}

/** The instances of one service, kept up to date in the background. */
export interface InstanceWatch {
  /**
   * The instances that are known now; empty when there are none. The array never changes: each
   * change of the instances sets another array.
   */
  readonly instances: readonly Instance[]
}

/** Finds the instances of a service by its name, in a registry for example. */
export interface Resolver {
  /**
   * Starts to watch a service. Resolves with a watch that has the instances known so far, which may
   * be none.
   */
  watch(service: string): Promise<InstanceWatch & Disposable>
}
