import { expect, test } from 'bun:test'
import { type MemoryAccount, memoryShares } from './account.ts'
import { MemoryBudget, networkOf } from './budget.ts'

const bytesMax = 1_200

/** Reserves as much as is granted, byte by byte. */
function takeAll(account: MemoryAccount, share?: number): number {
  while (account.tryReserve(1, share));
  return account.heldBytes
}

test('one connection gets a third of the budget for messages, and its address half', () => {
  const memory = new MemoryBudget({ bytesMax })
  expect(takeAll(memory.open('10.0.0.1'))).toBe(400)
  for (let count = 0; count < 100; count++) takeAll(memory.open('10.0.0.1'))
  expect(memory.usedBytes).toBeGreaterThan(580)
  expect(memory.usedBytes).toBeLessThanOrEqual(600)
})

test('an address finds room when another one holds its share', () => {
  const memory = new MemoryBudget({ bytesMax })
  for (let count = 0; count < 100; count++) takeAll(memory.open('10.0.0.1'))
  expect(takeAll(memory.open('10.0.0.2'))).toBeGreaterThan(190)
})

test('streams open when messages are not granted any more', () => {
  const memory = new MemoryBudget({ bytesMax })
  for (let count = 0; count < 100; count++) takeAll(memory.open('10.0.0.1'))
  const account = memory.open('10.0.0.1')
  expect(account.reserve(8)).toBe(false)
  expect(account.reserve(8, memoryShares.stream)).toBe(true)
  expect(memory.refusalCount).toBe(1)
})

test('waiting requests are granted in order, and in turn among connections', async () => {
  const memory = new MemoryBudget({ bytesMax })
  const accounts = [memory.open('10.0.0.1'), memory.open('10.0.0.1')] as const
  const other = memory.open('10.0.0.1')
  const held = takeAll(other)
  const granted: string[] = []
  for (const [index, account] of accounts.entries()) {
    for (const name of ['a', 'b']) account.wait(350, () => granted.push(`${index}${name}`))
  }
  other.release(held)
  await Promise.resolve()
  expect(granted).toEqual(['0a'])
  accounts[0].release(350)
  await Promise.resolve()
  expect(granted).toEqual(['0a', '1a'])
  accounts[1].release(350)
  await Promise.resolve()
  expect(granted).toEqual(['0a', '1a', '0b'])
})

test('a cancelled request is granted nothing', async () => {
  const memory = new MemoryBudget({ bytesMax })
  const account = memory.open('10.0.0.1')
  const held = takeAll(account)
  const stop = account.wait(100, () => expect.unreachable())
  stop()
  account.release(held)
  await Promise.resolve()
  expect(account.heldBytes).toBe(0)
})

test('only the largest holder sheds when an address holds more than two thirds', () => {
  const memory = new MemoryBudget({ bytesMax })
  const [large, small, elsewhere] = ['10.0.0.1', '10.0.0.1', '10.0.0.2'].map((address) => {
    const account = memory.open(address)
    account.holder = {
      shed() {
        const bytes = account.shedBytes
        account.discharge(bytes)
        return bytes > 0
      },
    }
    return account
  }) as [MemoryAccount, MemoryAccount, MemoryAccount]
  elsewhere.charge(100)
  large.charge(500)
  small.charge(200)
  expect([large.heldBytes, small.heldBytes, elsewhere.heldBytes]).toEqual([500, 200, 100])
  small.charge(100)
  expect([large.heldBytes, small.heldBytes, elsewhere.heldBytes]).toEqual([0, 300, 100])
  expect(memory.shedCount).toBe(1)
})

test('a closed account is removed when it holds nothing any more', () => {
  const memory = new MemoryBudget({ bytesMax })
  const account = memory.open('10.0.0.1')
  account.reserve(10)
  account.close()
  expect(memory.addressCount).toBe(1)
  account.release(10)
  expect([memory.addressCount, memory.usedBytes]).toEqual([0, 0])
})

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('%s belongs to the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
