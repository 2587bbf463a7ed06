/** What the listener logs to. A pino logger is one. */
export interface Log {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
