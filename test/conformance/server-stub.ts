/**
 * The program that the suite starts as a server, once for each configuration. Passes the
 * configuration to the running server at CONTROL_PORT, and its response back. Ends by SIGTERM, as
 * the suite expects, or with that server.
 */
import { connect } from 'node:net'

const control = connect(Number(process.argv[2]), '127.0.0.1')
process.stdin.pipe(control, { end: false })
control.pipe(process.stdout, { end: false })
control.on('error', (error) => process.stderr.write(`no server: ${error.message}\n`))
control.on('close', () => process.exit(1))
