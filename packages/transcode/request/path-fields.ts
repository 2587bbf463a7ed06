import type { PathTemplate } from '../path/template.ts'

/**
 * Values of fields that requests leave empty, by the beginning of the path and by name:
 * `{'/v1/movies': {record_type: 'movie'}}`.
 */
export type Defaults = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Returns the values for the requests of a route, by the name of the field. */
export function defaultsOf({ text }: PathTemplate, defaults: Defaults): Record<string, string> {
  const own = Object.entries(defaults).filter(
    ([start]) => text.startsWith(start) && /^(?:[/:]|$)/.test(text.slice(start.length)),
  )
  return Object.fromEntries(own.flatMap(([, values]) => Object.entries(values)))
}
