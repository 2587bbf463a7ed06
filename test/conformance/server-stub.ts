/**
 * What the suite takes for a server, one for each of its configurations: passes the configuration on to the server that
 * runs already, and its answer back. CONTROL_PORT. Ends by SIGTERM, as the suite wants it, or with that server.
 */
import { connect } from 'node:net'

const control = connect(Number(process.argv[2]), '127.0.0.1')
process.stdin.pipe(control, { end: false })
control.pipe(process.stdout, { end: false })
control.on('error', (error) => process.stderr.write(`no server: ${error.message}\n`))
control.on('close', () => process.exit(1))
