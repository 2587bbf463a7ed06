/** One running instance of a service. */
export interface Instance {
  /** Unique among the instances of all services. */
  readonly id: string
  /** Origin that it listens at: `http://10.0.0.5:8082`. */
  readonly url: string
}

/** Health of an instance, as far as a registry needs it. */
export interface InstanceHealth {
  /** Adds a condition of readiness, which returns the reason why it does not hold, or `undefined`. */
  require(name: string, condition: () => string | undefined, concern: 'work'): void
  /** Returns the reasons why the instance cannot handle calls. Empty when it can. */
  problems(concern: 'calls'): readonly { readonly name: string; readonly reason: string }[]
}

/** An instance to register. */
export interface NewInstance {
  /** Short name of the service: `metadata`, `rating`, `movie`. */
  readonly service: string
  readonly url: string
  /**
   * Health of the instance, which others learn from the registry. A registry that cannot register
   * the instance adds a condition, so that the instance is not ready before it can be found.
   */
  readonly health?: InstanceHealth
  /**
   * Name of the service in `grpc.health.v1` at the instance's port: `rating.v1.RatingService`.
   * Default: the whole process.
   */
  readonly healthName?: string
}

/** Instances of one service, kept up to date in the background. */
export interface Watch extends Disposable {
  /**
   * Instances last known, without waiting. Empty when none is known. An array is never modified: a
   * change creates another array.
   */
  readonly instances: readonly Instance[]
}

/** State of a registry. */
export interface RegistryStatus {
  /** Services that are registered here or watched. */
  readonly services: readonly ServiceStatus[]
  /** Number of failed requests to the registry. */
  readonly errorCount: number
  /** Number of registrations, including repeated ones after the registry lost an instance. */
  readonly registrationCount: number
}

/** State of one service. */
export interface ServiceStatus {
  readonly service: string
  readonly instanceCount: number
  /** Time since the registry last confirmed the instances, in milliseconds. */
  readonly ageMs: number
}

/** Capabilities of an adapter. The contract suite tests what an adapter claims here. */
export interface RegistryCapabilities {
  /** True when a registered instance is found. If not, the instances are fixed by configuration. */
  readonly announces: boolean
  /**
   * Scope in which a registered instance is found: by users of the same `Registry` object, or of
   * the same registry on any machine.
   */
  readonly shared: 'process' | 'network'
  /** True when an instance is left out while it is not ready. */
  readonly checksHealth: boolean
}

/** Instances of services. All methods may be called concurrently. */
export interface Registry extends AsyncDisposable {
  readonly capabilities: RegistryCapabilities

  /**
   * Registers an instance that can handle calls. Disposing the returned object deregisters it;
   * disposing it twice is harmless. Neither fails nor waits long while the registry is unavailable:
   * the instance is registered once the registry is available again.
   */
  register(instance: NewInstance): Promise<AsyncDisposable>

  /**
   * Starts to watch a service, and resolves with the instances known so far, possibly none. Watches
   * of the same service share one connection to the registry. While the registry is unavailable,
   * the last list stays.
   */
  watch(service: string): Promise<Watch>

  /** Returns the state of the registry, without waiting. */
  status(): RegistryStatus
}
