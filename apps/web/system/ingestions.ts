import { type Ingestion, Ingestion_State } from '@marquee/client/system'
import { isUnreachable, type Monitor } from './monitor.ts'

/** Ingestion of the instances of rating that respond. */
export function ingestions({ report }: Monitor): Ingestion[] {
  const rating = report.services.find(({ service }) => service === 'rating')
  const reached = (rating?.instances ?? []).filter((one) => !isUnreachable(one))
  const known = reached.flatMap(({ activity }) => activity?.ingestion ?? [])
  return known.filter(({ state }) => state !== Ingestion_State.UNSPECIFIED)
}
