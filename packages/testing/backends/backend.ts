import type { Found } from '../tools.ts'

export type BackendName = 'kafka' | 'consul' | 'postgres'

/** A real server program on loopback that a test (or `bun run backends up`) started. */
export interface Backend extends AsyncDisposable {
  /** Kafka and Consul: `127.0.0.1:PORT`; Postgres: `postgres://USER:PASSWORD@127.0.0.1:PORT/DB`. */
  readonly address: string
  /** Undefined while it is stopped. */
  readonly pid: number | undefined
  /** SIGKILL; resolves when every process of it is gone. Harmless when it is. */
  kill(): Promise<void>
  /** An orderly end; the data stays. Harmless when it has ended. */
  stop(): Promise<void>
  /** Again, on the same port with the same data; resolves when it answers. */
  start(): Promise<void>
}

/** What is to be run, and how to tell that it answers. */
export interface Server {
  readonly name: BackendName
  readonly address: string
  readonly command: readonly [string, ...string[]]
  /** Where it is run and where its log is. */
  readonly folder: string
}

/** One kind of server program: where it comes from, and how it is run. */
export interface Program<Options = object> {
  readonly name: BackendName
  readonly version: string
  /** The variable of the environment that tells the services its address. */
  readonly variable: string
  readonly defaultPort: number
  /** How many ports it needs; the first is the one in its address. */
  readonly portCount: number
  /** What ends it in order. */
  readonly stopSignal: NodeJS.Signals
  /** Where the program is, or why it cannot be started. */
  installed(): Found<string>
  /** Puts it into the cache, when it is not there. Rejects with what to do about it. */
  install(say: (text: string) => void): Promise<void>
  address(port: number): string
  /** Rejects unless it answers at that address, and answers us. Takes a few seconds at most. */
  probe(address: string): Promise<void>
  /** Writes the configuration into the folder, and makes the data when there is none. */
  configure(folder: string, ports: readonly number[], options: Options): Promise<Server>
}
