import { render } from 'preact'
import { App } from './app.tsx'
import { createClients } from './clients.ts'
import { createRouter } from './router.ts'
import { createTheme } from './theme.ts'

const place = document.getElementById('page')
if (!place) throw new Error('index.html has no element #page')
render(
  <App clients={createClients()} router={createRouter(window)} theme={createTheme(window)} />,
  place,
)
