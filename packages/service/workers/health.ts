import type { Health } from '../process/health.ts'
import type { Workers } from './port.ts'

/** Returns a health that also has the conditions that other processes of the service do not meet. */
export function withWorkers(own: Health, workers: Pick<Workers, 'problems'>): Health {
  return {
    ...own,
    problems(concern) {
      const problems = own.problems(concern)
      return own.draining?.aborted ? problems : [...problems, ...workers.problems(concern)]
    },
  }
}
