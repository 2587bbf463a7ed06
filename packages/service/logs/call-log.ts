/** Where an app logs its calls. pino's `Logger` is one. */
export interface CallLog {
  info(fields: object, text: string): void
  error(fields: object, text: string): void
}
