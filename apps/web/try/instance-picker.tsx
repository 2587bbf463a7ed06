import type { Instances, KnownInstances } from './instances.ts'
import { type Place, type ServiceName, serviceNames } from './try-path.ts'

interface InstancePickerProps {
  readonly place: Place
  readonly choose: (place: Place) => void
  readonly instances: Instances
}

/** Chooses where the methods of every service are called: at any instance of a service, or at one. */
export function InstancePicker({ place, choose, instances }: InstancePickerProps) {
  const options = serviceNames.flatMap((at) => optionsOf(at, place, instances.known.value))
  return (
    <label class="place">
      <span class="field-type">Called at</span>
      <select
        class="input"
        value={keyOf(place)}
        onFocus={() => void instances.load()}
        onChange={(event) => {
          const chosen = options.find(({ value }) => value === event.currentTarget.value)
          if (chosen) choose(chosen.place)
        }}
      >
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Any instance of the service, each that is known, and the chosen one also when it is not. */
function optionsOf(at: ServiceName, chosen: Place, known: KnownInstances) {
  const ids = new Set(known[at].map(({ id }) => id))
  if (chosen.at === at && chosen.instance !== undefined) ids.add(chosen.instance)
  const any: Place = { at }
  const places = [any, ...[...ids].map((instance): Place => ({ at, instance }))]
  return places.map((place) => ({ place, value: keyOf(place), text: placeText(place, known) }))
}

function keyOf({ at, instance }: Place): string {
  return instance === undefined ? at : `${at} ${instance}`
}

/** The place in words: `rating, any` or `rating, 10.0.0.5:8082`. */
export function placeText({ at, instance }: Place, known: KnownInstances): string {
  if (instance === undefined) return at === 'movie' ? at : `${at}, any`
  const found = known[at].find(({ id }) => id === instance)
  return `${at}, ${found ? new URL(found.url).host : instance}`
}
