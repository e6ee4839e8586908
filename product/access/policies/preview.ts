/** What the screen of the policy shows before the server is asked. */
import { settingGroups, settingNames, settings } from './words.ts'
import type { Setting, SettingGroup, SettingName } from './words.ts'

export { settings } from './words.ts'
export type { SettingName } from './words.ts'

/** Whether a figure is weaker than its floor. */
export const isWeak = (setting: Setting, value: number): boolean =>
  setting.weaker === 'above' ? value > setting.floor : value < setting.floor

/** A figure as a screen says it: a choice in words, everything else as a number. */
export const figureText = (setting: Setting, value: number): string => setting.choices?.[value] ?? `${value}`

/** The weakest that needs no signed exception, in words. A choice that may be made freely has none. */
export const limitText = (setting: Setting): string => {
  const isFree = setting.choices !== undefined && !setting.choices.some((_, i) => isWeak(setting, i))
  return isFree ? 'Any choice' : `${setting.weaker === 'above' ? 'At most' : 'At least'} ${figureText(setting, setting.floor)}`
}

/** The settings in which each of the words stands: in what they are, their choices, their reason or their heading. No word: all. */
export const findSettings = (words: string): readonly { group: SettingGroup; title: string; names: readonly SettingName[] }[] => {
  const asked = words.toLowerCase().split(/\s+/).filter(Boolean)
  const isAsked = (it: Setting) => {
    const said = [settingGroups[it.group], it.says, ...(it.choices ?? []), it.why].join(' ').toLowerCase()
    return asked.every((word) => said.includes(word))
  }
  return (Object.keys(settingGroups) as SettingGroup[])
    .map((group) => ({
      group,
      title: settingGroups[group],
      names: settingNames.filter((name) => settings[name].group === group && isAsked(settings[name])),
    }))
    .filter((it) => it.names.length > 0)
}
