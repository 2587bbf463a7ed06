/** Log of an app's calls. pino's `Logger` is one. */
export interface CallLog {
  info(fields: object, text: string): void
  error(fields: object, text: string): void
}
