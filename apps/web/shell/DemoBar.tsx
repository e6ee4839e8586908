import { Banner, TextLink } from '@wardline/ui'
import './demo-bar.css'

/** A demonstration's server says so in the page it serves, so that nobody takes one for the real thing. */
const isDemo = document.querySelector('meta[name="wardline-demo"]') !== null

/** The bar over every page of a demonstration. */
export const DemoBar = () =>
  isDemo ? (
    <Banner tone="demo" isBar title="Demo, invented people.">
      <span className="demo-bar__more">Nothing here reaches a real phone. </span>
      <TextLink href="/demo">
        Demo page<span className="demo-bar__more">: people, clock and phones</span>
      </TextLink>
    </Banner>
  ) : null
