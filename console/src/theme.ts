import { computed, signal } from '@preact/signals'
import { dark as darkPalette, light as lightPalette } from './map/style.ts'

const key = 'fettle.theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const stored = localStorage.getItem(key)
const chosen = signal<boolean | null>(stored === null ? null : stored === 'dark')
const systemDark = signal(system.matches)
system.addEventListener('change', (e) => (systemDark.value = e.matches))

/** Dark colours, by choice or else as the system has it. */
export const isDark = computed(() => chosen.value ?? systemDark.value)
export const palette = computed(() => (isDark.value ? darkPalette : lightPalette))

export function toggleTheme(): void {
  chosen.value = !isDark.value
  localStorage.setItem(key, chosen.value ? 'dark' : 'light')
}

const motion = matchMedia('(prefers-reduced-motion: reduce)')

/** The user asked for less motion. */
export const prefersStill = (): boolean => motion.matches
