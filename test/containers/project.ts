import { join } from 'node:path'
import { root } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { type Engine, startEngine } from './engine.ts'
import { buildBaseImages, buildProject, installSystem } from './images.ts'

/** Maximum time until a container is healthy again, in milliseconds. */
const recoveryTimeoutMs = 300_000

interface Container {
  readonly Service: string
  readonly State: string
  readonly Health: string
  readonly ExitCode: number
  readonly ID: string
}

/** compose.yaml under a Docker daemon. Disposing removes its containers and its data. */
export interface Project extends AsyncDisposable {
  compose(...args: readonly string[]): Promise<string>
  docker(...args: readonly string[]): Promise<string>
  /** Starts everything, and resolves when it is healthy. */
  up(env?: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<void>
  /** Returns the body of a URL, as a program outside the containers gets it. */
  get(url: string): Promise<string>
  /** Writes a rating of the movie to Kafka, from outside the containers. */
  rate(userId: string): Promise<void>
  /** Resolves when so many users have rated the movie, as movie's port says. */
  rated(count: number): Promise<void>
  containers(): Promise<readonly Container[]>
  /** Resolves when so many containers run, and all of them are healthy. */
  healthy(count: number): Promise<void>
  /** Kills the first process of a container, as a crash does, and resolves when it is healthy. */
  crash(service: string): Promise<void>
  /** Stops the daemon as a shutdown of the machine does, and starts it again. */
  reboot(): Promise<void>
}

const movieId = 'the-matrix-1999'

/** Builds what is missing, and starts the daemon without containers. */
export async function openProject(): Promise<Project> {
  const system = await installSystem()
  let engine = await startEngine(system)
  const docker = (...args: readonly string[]) => engine.within(['docker', ...args])
  const compose = (...args: readonly string[]) => docker('compose', ...args)
  // What a run that was killed has left.
  const clear = () => compose('down', '--volumes', '--remove-orphans', '--timeout', '1')
  try {
    await clear()
    await buildBaseImages(engine, system)
    await buildProject(engine)
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }

  async function containers(): Promise<readonly Container[]> {
    const lines = await compose('ps', '--all', '--format', 'json')
    return lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
  }

  const inspect = async (id: string, format: string) =>
    (await docker('inspect', '--format', format, id)).trim()

  const project: Project = {
    compose,
    docker,
    containers,
    async up(env = {}, ...args) {
      const command = ['docker', 'compose', 'up', '--detach', '--wait', '--no-build', ...args]
      await engine.within(command, { env })
    },
    get: (url) => curl(engine, url),
    async rate(userId) {
      const rating = { userId, recordId: movieId, recordType: 'movie', value: 5 }
      const event = { ...rating, providerId: 'containers', eventType: 'put' }
      const producer = [process.execPath, join(root, 'producers', 'ingest-ratings.ts'), '-']
      const command = ['env', 'KAFKA_BROKERS=localhost:9092', ...producer]
      await engine.net(command, `${JSON.stringify(event)}\n`)
    },
    async rated(count) {
      const expected = `"count":"${count}"`
      await waitFor(
        async () => (await project.get(`localhost:8083/movie?id=${movieId}`)).includes(expected),
        { what: `${count} ratings`, timeoutMs: recoveryTimeoutMs, intervalMs: 100 },
      )
    },
    async healthy(count) {
      const isHealthy = async () => {
        const found = await containers()
        return found.length === count && found.every(({ Health }) => Health === 'healthy')
      }
      const what = `${count} healthy containers`
      const timing = { timeoutMs: recoveryTimeoutMs, intervalMs: 200 }
      await waitFor(isHealthy, { what, ...timing }).catch(async (cause: Error) => {
        const [states, logs] = [await compose('ps', '--all'), await compose('logs', '--tail=5')]
        throw new Error(`${cause.message}\n${states}\n${logs}`, { cause })
      })
    },
    async crash(service) {
      const id = (await compose('ps', '--quiet', service)).trim()
      const startedAt = () => inspect(id, '{{.State.StartedAt}}')
      const before = await startedAt()
      // `docker kill` would count as a stop by hand, after which Docker does not restart.
      await engine.within(['kill', '-KILL', await inspect(id, '{{.State.Pid}}')])
      const isBack = async () =>
        (await startedAt()) !== before &&
        (await inspect(id, '{{.State.Health.Status}}')) === 'healthy'
      const what = `${service} to be healthy after a crash`
      await waitFor(isBack, { what, timeoutMs: recoveryTimeoutMs, intervalMs: 200 })
    },
    async reboot() {
      await engine[Symbol.asyncDispose]()
      engine = await startEngine(system)
    },
    async [Symbol.asyncDispose]() {
      await clear()
      await docker('image', 'prune', '--force')
      await docker('builder', 'prune', '--force', '--keep-storage', '2GB')
      await engine[Symbol.asyncDispose]()
    },
  }
  return project
}

function curl(engine: Engine, url: string): Promise<string> {
  return engine.net(['curl', '--silent', '--show-error', '--max-time', '5', url])
}
