import type { Exchange } from './exchange.ts'

/**
 * Calls the listener when the exchange is over, after listeners that were set before. When it is
 * over already, calls the listener at once, with a cause, because nothing can be sent any more.
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
