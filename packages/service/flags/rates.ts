import { type LimitClass, limitClasses, type Rate, type Rates } from '../limits/limit-class.ts'
import type { Flags } from './flags.ts'

const bounds = { countMax: 1_000_000_000, secondsMax: 86_400 }

const help: Readonly<Record<LimitClass, string>> = {
  calls: 'unary calls of a user or address, such as 600/60 for 600 in 60 seconds',
  streams: 'streams that a user or address opens, such as 60/60',
  writes: 'calls of a user or address that change data, such as 60/60',
}

/** Reads the rates to which clients are limited. Returns `undefined` when there are none. */
export function readRates(flags: Flags): Rates | undefined {
  const limits = limitClasses.flatMap((name) => {
    const rate = readRate(flags, name)
    return rate ? [[name, rate] as const] : []
  })
  return limits.length > 0 ? Object.fromEntries(limits) : undefined
}

function readRate(flags: Flags, name: LimitClass): Rate | undefined {
  const flag = `rate-${name}`
  const text = flags.text({ flag, help: help[name], default: '' })
  if (text === '') return undefined
  const [, count, seconds] = (/^(\d{1,10})\/(\d{1,5})$/.exec(text) ?? []).map(Number)
  const fits = count && count <= bounds.countMax && seconds && seconds <= bounds.secondsMax
  if (fits) return { count, seconds }
  const range = `from 1/1 to ${bounds.countMax}/${bounds.secondsMax}`
  flags.refuse(`--${flag} is "${text}": give calls/seconds ${range}`)
  return undefined
}
