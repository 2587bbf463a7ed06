/** Logger of the server. A pino logger is one. */
export interface Log {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
