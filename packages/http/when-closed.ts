import type { Exchange } from './exchange.ts'

/**
 * Calls the listener when the exchange is over, beside those that were there before: at once, with a cause, when it is
 * over already, because then nobody can be answered any more.
 */
export function whenClosed(exchange: Exchange, listener: (cause: Error | undefined) => void): void {
  if (exchange.closed) {
    listener(new Error('the exchange is over'))
    return
  }
  const earlier = exchange.onClose
  exchange.onClose =
    earlier === undefined
      ? listener
      : (cause) => {
          earlier(cause)
          listener(cause)
        }
}
