/** A command of `package.json`. */
interface Command<Options> {
  readonly help: string
  /** Parses the arguments. Throws when they cannot be used. Not called for `--help`. */
  readonly readOptions: (args: string[]) => Options
  /** Resolves with whether the command succeeded. */
  readonly run: (options: Options) => Promise<boolean>
}

/** Runs a command. Exit codes: 0 succeeded; 1 failed; 2 wrong arguments, after which it prints the help. */
export async function runCommand<Options>(command: Command<Options>): Promise<void> {
  const args = process.argv.slice(2)
  if (args.includes('--help')) return console.log(command.help)
  let options: Options
  try {
    options = command.readOptions(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${command.help}`)
    process.exitCode = 2
    return
  }
  process.exitCode = (await command.run(options)) ? 0 : 1
}
