import { render } from 'preact'
import { App } from './app.tsx'
import { createClients } from './clients.ts'
import { addFont } from './font.ts'
import { createRouter } from './router.ts'
import { createTheme } from './theme.ts'

const place = document.getElementById('page')
if (!place) throw new Error('index.html has no element #page')
const theme = createTheme(window)
const router = createRouter(window)
const clients = createClients()
await addFont(document)
render(<App clients={clients} router={router} theme={theme} />, place)
