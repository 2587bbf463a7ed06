import type { Exchange } from '@marquee/http/exchange'

/** Responds in one of the ways that the target names. */
export async function respond(exchange: Exchange, held: Exchange[]): Promise<void> {
  switch (exchange.target) {
    case '/hold':
      held.push(exchange)
      return
    case '/abort':
      exchange.abort()
      return
    case '/refuse':
      exchange.body.refuse()
      exchange.respond(200, ['x-way', 'refuse'])
      exchange.end()
      return
    case '/big':
      await sendMuch(exchange)
      return
    case '/echo':
      await echo(exchange)
      return
    default:
      exchange.respond(200, ['x-way', 'early'])
      exchange.end(Buffer.from('early'), ['x-sum', '1'])
  }
}

async function sendMuch(exchange: Exchange): Promise<void> {
  exchange.respond(200, ['x-way', 'big'])
  for (let count = 0; count < 8 && !exchange.closed; count++) {
    if (!exchange.write(Buffer.alloc(20_000, count))) await exchange.drained()
  }
  exchange.end()
}

/** Sends the body back as it arrives. */
async function echo(exchange: Exchange): Promise<void> {
  exchange.respond(200, ['x-way', 'echo'])
  const { body } = exchange
  try {
    while (!body.ended) {
      await body.ready()
      for (let part = body.take(); part; part = body.take()) {
        if (!exchange.write(part)) await exchange.drained()
      }
    }
  } catch {
    // The client aborted, so there is nobody to respond to.
    exchange.abort()
    return
  }
  exchange.end(undefined, body.trailers)
}
