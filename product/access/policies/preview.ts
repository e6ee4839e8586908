/** What the screen of the policy shows before the server is asked. */
import type { Setting } from './words.ts'

export { settings } from './words.ts'
export type { SettingName } from './words.ts'

/** Whether a figure is weaker than its floor. */
export const isWeak = (setting: Setting, value: number): boolean =>
  setting.weaker === 'above' ? value > setting.floor : value < setting.floor

/** A figure as a screen says it: a choice in words, everything else as a number. */
export const figureText = (setting: Setting, value: number): string => setting.choices?.[value] ?? `${value}`
