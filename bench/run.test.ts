import { expect, test } from 'bun:test'
import { spawnProgram } from '@marquee/testing/process'

async function bench(...args: string[]) {
  await using program = await spawnProgram({ runtime: 'bun', entry: 'bench/run.ts', args })
  const { code } = await program.exited
  return { code, stderr: program.stderr(), stdout: program.stdout() }
}

test.each([
  [['ingets'], 'unknown bench "ingets": choose from rpc, ingest, grpc-unary, '],
  [['--fast'], "Unknown option '--fast'"],
  [['rpc', '--peers', 'grpc-go,grpcgo'], 'unknown peer "grpcgo": choose from marquee-bun, '],
  [['rpc', '--rounds', '0'], '--rounds must be a whole number from 1 to 100; got "0"'],
])('bench refuses the arguments %j with one line', async (args, line) => {
  const { code, stderr, stdout } = await bench(...args)
  expect(stderr).toStartWith(`bench: ${line}`)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(stdout).toBe('')
  expect(code).toBe(2)
})

test('bench --help prints the usage', async () => {
  const { code, stdout } = await bench('--help')
  expect(stdout).toContain(
    'rpc, ingest, grpc-unary, connect-json-h1, connect-json-h2, grpc-stream, grpc-1mib, ',
  )
  expect(code).toBe(0)
})
