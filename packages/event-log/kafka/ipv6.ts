import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

/** Idle time after which the system probes a connection, in milliseconds. */
const keepAliveMs = 60_000

/**
 * Returns brokers and a socket factory that accept addresses such as `[::1]:9092`. kafkajs splits a
 * broker at its first colon, so an IPv6 address is passed under a name without colons. Addresses
 * that brokers report are not split.
 */
export function withIpv6(addresses: readonly string[]): {
  brokers: string[]
  socketFactory: ISocketFactory
} {
  const hosts = new Map<string, string>()
  const brokers = addresses.map((address, index) => {
    const [, host, port] = /^\[(.+)\]:(\d+)$/.exec(address) ?? []
    if (host === undefined) return address
    const alias = `ipv6-${index}.invalid`
    hosts.set(alias, host)
    return `${alias}:${port}`
  })
  const socketFactory: ISocketFactory = ({ host: name, port, ssl, onConnect }) => {
    const host = hosts.get(name) ?? name
    const servername = isIP(host) ? {} : { servername: host }
    const socket = ssl
      ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
      : connect({ host, port }, onConnect)
    return socket.setKeepAlive(true, keepAliveMs)
  }
  return { brokers, socketFactory }
}
