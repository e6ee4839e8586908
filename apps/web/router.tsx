import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { history } from './navigate.ts'
import { screens } from './screens.tsx'
import { Frame } from './shell/Frame.tsx'

const textsOf = (search: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))

const root = createRootRoute({ component: Frame, notFoundComponent: () => null })

/** One route for each screen of the table; the frame draws them, so that lists stay where they are while one reads. */
export const router = createRouter({
  history,
  routeTree: root.addChildren(
    screens.map((screen) =>
      createRoute({
        getParentRoute: () => root,
        path: screen.path,
        validateSearch: (search: Record<string, unknown>): Record<string, string> => textsOf(search),
        component: () => null,
      }),
    ),
  ),
  // Addresses carry plain words, and nothing else is read out of them.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(textsOf(search)).toString()
    return text === '' ? '' : `?${text}`
  },
})
