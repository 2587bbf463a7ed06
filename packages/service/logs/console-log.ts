import { toLoggedError, withShortTexts } from './bounds.ts'
import type { CallLog } from './call-log.ts'

/** Numbers that pino gives the levels. */
const levels = { info: 30, error: 50 }

/** Logs to the console in the format of pino: one line of JSON each, within `logLimits`. */
export const consoleLog: CallLog = {
  info: (fields, text) => console.log(toLine(levels.info, fields, text)),
  error: (fields, text) => console.error(toLine(levels.error, fields, text)),
}

function toLine(level: number, fields: object, msg: string): string {
  const { err, ...others } = withShortTexts({ ...fields })
  const error = err === undefined ? {} : { err: toLoggedError(err) }
  return JSON.stringify({ level, time: new Date(), ...others, ...error, msg })
}
