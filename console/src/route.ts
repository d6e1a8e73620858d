import { signal } from '@preact/signals'

export const views = ['dispatch', 'board', 'planner', 'operations', 'figures'] as const
export type View = (typeof views)[number]

interface Route { view: View; parameters: URLSearchParams }

function parse(): Route {
  const [name = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  return { view: views.find((v) => v === name) ?? 'dispatch', parameters: new URLSearchParams(query) }
}

/** Where the user is: the part of the address behind #, so that a link or a reload leads to the same view with its choices. */
export const route = signal<Route>(parse())

addEventListener('hashchange', () => (route.value = parse()))

export function go(view: View): void {
  location.hash = `/${view}`
}

/** Writes the choices of a view into the address; what is empty is left out. */
export function keep(choices: Record<string, string>): void {
  const { view, parameters } = route.peek()
  const next = new URLSearchParams(parameters)
  for (const [name, value] of Object.entries(choices)) {
    if (value) next.set(name, value)
    else next.delete(name)
  }
  const query = next.toString()
  history.replaceState(null, '', `#/${view}${query ? `?${query}` : ''}`)
  route.value = { view, parameters: next }
}
