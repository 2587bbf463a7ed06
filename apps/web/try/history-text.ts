/** Maximum length of a summary, in characters. */
const lengthMax = 120

/** The values of a request in a line, by which one call differs from another of the same method. */
export function requestSummary(text: string): string {
  const values: string[] = []
  try {
    collect(JSON.parse(text), '', values)
  } catch {
    return text.replaceAll(/\s+/g, ' ').slice(0, lengthMax)
  }
  return values.join(' · ').slice(0, lengthMax) || 'Empty request'
}

/** Adds the values within a value. Texts stand for themselves; other values have their names. */
function collect(value: unknown, name: string, values: string[]): void {
  if (Array.isArray(value)) {
    if (value.length > 1) values.push(`${value.length} ${name || 'messages'}`)
    for (const item of value) collect(item, name, values)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) collect(inner, key, values)
  } else if (value !== '') {
    values.push(typeof value === 'string' ? value : `${name} ${value}`)
  }
}

/** The place of a call of what every service has, by the path of the page. Empty for other calls. */
export function placeSummary(path: string): string {
  const { searchParams } = new URL(path, 'http://page')
  const at = searchParams.get('at')
  const instance = searchParams.get('instance')
  if (!at) return ''
  return instance ? `at ${at}, ${instance}` : `at ${at}`
}

/** The time of day, with its date when that is another than today's. */
export function timeText(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs)
  const isToday = time.toDateString() === new Date(nowMs).toDateString()
  const day = { month: 'short', day: 'numeric' } as const
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
  return time.toLocaleString('en', isToday ? clock : { ...day, ...clock })
}
