/** Logs a line and ends as its argument says: see log.test.ts. */
import { openLog } from '../logs/log.ts'

const { logger } = await openLog({ level: 'info', format: 'json' })
logger.info('the last line')
if (process.argv[2] === 'exit') process.exit(3)
setTimeout(() => {
  throw new Error('nobody catches this')
})
