import type { Found } from '../tools.ts'

export type BackendName = 'kafka' | 'consul' | 'postgres'

/** A real server program on loopback, started by a test or by `bun run backends up`. */
export interface Backend extends AsyncDisposable {
  /**
   * `127.0.0.1:PORT` for Kafka and Consul, `postgres://USER:PASSWORD@127.0.0.1:PORT/DB` for
   * Postgres.
   */
  readonly address: string
  /** `undefined` while the program is stopped. */
  readonly pid: number | undefined
  /**
   * Sends SIGKILL, and resolves when all processes are gone. Does nothing when the program is
   * stopped.
   */
  kill(): Promise<void>
  /** Stops the program in order, and keeps its data. Does nothing when the program is stopped. */
  stop(): Promise<void>
  /** Starts the program again on the same port with the same data. Resolves when it is ready. */
  start(): Promise<void>
}

/** A server to run, with a readiness check. */
export interface Server {
  readonly name: BackendName
  readonly address: string
  readonly command: readonly [string, ...string[]]
  /** Folder of the data and the log. */
  readonly folder: string
}

/** A kind of server program: how to install, configure and run it. */
export interface Program<Options = object> {
  readonly name: BackendName
  readonly version: string
  /** Environment variable that gives the services the address. */
  readonly variable: string
  readonly defaultPort: number
  /** Number of ports. The first is the one in the address. */
  readonly portCount: number
  /** Signal for an orderly stop. */
  readonly stopSignal: NodeJS.Signals
  /** Returns the location of the program, or why it cannot be started. */
  installed(): Found<string>
  /**
   * Installs the program into the cache unless it is there. Rejects with what to do about a
   * failure.
   */
  install(log: (text: string) => void): Promise<void>
  address(port: number): string
  /**
   * Rejects unless the program is ready at that address and accepts us. Takes a few seconds at
   * most.
   */
  probe(address: string): Promise<void>
  /** Writes the configuration into the folder, and creates the data when there is none. */
  configure(folder: string, ports: readonly number[], options: Options): Promise<Server>
}
