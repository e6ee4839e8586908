import { Banner, TextLink } from '@wardline/ui'

/** A demonstration's server says so in the page it serves, so that nobody takes one for the real thing. */
const isDemo = document.querySelector('meta[name="wardline-demo"]') !== null

/** The bar over every page of a demonstration. */
export const DemoBar = () =>
  isDemo ? (
    <Banner tone="demo" isBar title="Demo, invented people.">
      Nothing here reaches a real phone. <TextLink href="/demo">Doors, clock and phones</TextLink>
    </Banner>
  ) : null
