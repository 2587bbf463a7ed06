/** One running instance of a service. */
export interface Instance {
  /** Unique among the instances of all services. */
  readonly id: string
  /** Where it listens, as an origin: `http://10.0.0.5:8082`. */
  readonly url: string
}

/** The health of an instance, as far as a registry needs it. */
export interface InstanceHealth {
  /** Adds a condition of readiness, which returns the reason why it does not hold, or `undefined`. */
  require(name: string, condition: () => string | undefined, concern: 'work'): void
  /** What keeps the instance from handling calls. Empty when nothing does. */
  problems(concern: 'calls'): readonly { readonly name: string; readonly reason: string }[]
}

/** An instance to announce. */
export interface NewInstance {
  /** The service's short name: `metadata`, `rating`, `movie`. */
  readonly service: string
  readonly url: string
  /**
   * Its health, which others learn from the registry. A registry that cannot announce the instance adds a condition, so
   * that it is not ready before it can be found.
   */
  readonly health?: InstanceHealth
  /** By which name `grpc.health.v1` at its port knows it: `rating.v1.RatingService`. The whole process unless told. */
  readonly healthName?: string
}

/** The instances of one service, kept up to date in the background. */
export interface Watch extends Disposable {
  /**
   * The instances last known, without waiting for anything. Empty when none is known. An array read here never
   * changes: a change makes another array.
   */
  readonly instances: readonly Instance[]
}

/** How a registry does. */
export interface RegistryStatus {
  /** Each service that is known or followed. */
  readonly services: readonly ServiceStatus[]
  /** How often the registry could not be asked or told. */
  readonly errorCount: number
  /** How often an instance was announced, also again because the registry had forgotten it. */
  readonly registrationCount: number
}

/** What is known of a service. */
export interface ServiceStatus {
  readonly service: string
  readonly instanceCount: number
  /** How long ago the registry last confirmed it, in milliseconds. */
  readonly ageMs: number
}

/** What an adapter can do beyond the rest of the port. The contract suite tests what an adapter claims here. */
export interface RegistryCapabilities {
  /** Whether a registered instance is found. Otherwise the instances are fixed by configuration. */
  readonly announces: boolean
  /** Who finds what is registered: those who share the opening, or whoever opens the same registry on any machine. */
  readonly shared: 'process' | 'network'
  /** Whether an instance is left out while it is not ready. */
  readonly checksHealth: boolean
}

/** Which instances of which service there are. All methods may be called concurrently. */
export interface Registry extends AsyncDisposable {
  readonly capabilities: RegistryCapabilities

  /**
   * Announces an instance, once it can answer. Disposing the answer takes it back; a second time is harmless. A registry
   * that is away does not make either fail, nor wait for long: the instance is announced when it comes back.
   */
  register(instance: NewInstance): Promise<AsyncDisposable>

  /**
   * Starts to follow a service, and resolves with what is known at the time, which may be nothing. Watches of the same
   * service share one connection to the registry. While the registry is away, the last list stays.
   */
  watch(service: string): Promise<Watch>

  /** Without waiting for anything. */
  status(): RegistryStatus
}
