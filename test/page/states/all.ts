import { frameStates } from './frame.ts'
import { listStates, searchStates } from './list.ts'
import { meStates, movieStates } from './movie.ts'
import type { PageStates } from './state.ts'
import { systemStates } from './system.ts'
import { tryStates } from './try.ts'

/** The states of running services, by name. They need rated movies and a dead letter. */
export const runningStates: PageStates = {
  ...movieStates,
  ...meStates,
  ...searchStates,
  ...systemStates,
  ...tryStates,
  ...frameStates,
  ...listStates,
}
