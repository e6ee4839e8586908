import { createContext, useContext, type AriaAttributes, type ReactNode, type Ref } from 'react'
import { I18nProvider, RouterProvider } from 'react-aria-components'

/** What a drawn link needs; a router's own link component can take all of it as props. */
export type LinkParts = {
  href: string
  className: string
  children: ReactNode
  id?: string
  ref?: Ref<HTMLAnchorElement>
  'aria-current'?: AriaAttributes['aria-current']
  'aria-label'?: string
  'aria-describedby'?: string
  onClick?: () => void
}

/** Draws one link, for instance with the application's router. */
export type RenderLink = (parts: LinkParts) => ReactNode

const plainLink: RenderLink = (parts) => <a {...parts} />

const LinkContext = createContext<RenderLink>(plainLink)

export type UiProviderProps = {
  /** BCP 47 tag: sorting, reading direction and React Aria's own words follow it. */
  locale: string
  /** Goes to an address of the application without loading a page; used by menu items with `href`. */
  navigate: (href: string) => void
  /** How every link of this package is drawn; a plain `<a>` where absent. */
  renderLink?: RenderLink
  children: ReactNode
}

/** Wraps the application once: locale, router and link drawing for every part below. */
export const UiProvider = ({ locale, navigate, renderLink = plainLink, children }: UiProviderProps) => (
  <I18nProvider locale={locale}>
    {/* React Aria skips its injected <style> where an element with this id exists; shared.css holds the rule, so style-src 'self' suffices. */}
    <meta id="react-aria-pressable-style" name="wardline-ui" content="styles.css" />
    <RouterProvider navigate={navigate}>
      <LinkContext value={renderLink}>{children}</LinkContext>
    </RouterProvider>
  </I18nProvider>
)

/** A link drawn by the application's router (see `UiProvider.renderLink`), or by `render` where given. */
export const AppLink = ({ render, ...parts }: LinkParts & { render?: RenderLink | undefined }) => {
  const fromContext = useContext(LinkContext)
  return (render ?? fromContext)(parts)
}
