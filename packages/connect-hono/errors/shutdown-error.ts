/** Reason of a call that is aborted because the process shuts down. */
export class ShutdownError extends Error {
  override readonly name = 'ShutdownError'
  constructor() {
    super('the service is shutting down: call again')
  }
}
