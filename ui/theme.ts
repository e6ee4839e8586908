/** `system` follows the operating system. */
export type Theme = 'system' | 'light' | 'dark'

/** Sets the theme of the document; it holds until the next call or load, so the caller keeps the choice. */
export const setTheme = (theme: Theme): void => {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}
