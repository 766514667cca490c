import { baseStyle } from "../../page-style.ts";

/** The page's looks: light and dark, wide and narrow, with no need for colour. */
export const style = `
${baseStyle}
:root {
  --mqtt: var(--blue); --rabbitmq: var(--orange); --kafka: var(--ink); --pubsub: var(--green);
}
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h3 { font-size: .95rem; line-height: 1.4; margin: 1.5rem 0 .25rem; max-width: 52rem; }
figure { margin: 1rem 0; max-width: 34rem; }
figcaption { font-weight: 600; margin-bottom: .25rem; }
figure ol { margin: .5rem 0 0; padding-left: 1.8rem; font-size: .9rem; color: var(--soft); }
.pair { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg .tick { fill: var(--soft); }
svg .grid { stroke: var(--rule); }
svg .line { fill: none; stroke-width: 2; stroke: currentColor; }
svg .mark { fill: currentColor; }
svg .leader { fill: none; stroke: var(--soft); stroke-width: .75; }
svg .name { font-weight: 600; }
svg g .name { fill: currentColor; }
svg .mqtt { color: var(--mqtt); } svg .rabbitmq { color: var(--rabbitmq); }
svg .kafka { color: var(--kafka); } svg .pubsub { color: var(--pubsub); }
svg .crossing line { stroke: var(--ink); stroke-width: .75; }
svg .crossing .point { fill: var(--ink); }
svg .crossing .badge { fill: var(--page); stroke: var(--ink); stroke-width: 1.25; }
svg .crossing text { font-weight: 600; font-size: 11px; }
svg .bar { stroke: var(--ink); stroke-width: 1; }
svg .ground { fill: var(--page); }
svg .ground.payload { fill: var(--ink); }
svg .ground.topic { fill: var(--zone); }
svg .ink { stroke: var(--ink); stroke-width: 1; fill: none; }
svg .dot { fill: var(--ink); }
.table { overflow-x: auto; margin: 0 0 1rem; }
table { border-collapse: collapse; font-size: .92rem; min-width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--rule); }
thead th { border-bottom: 2px solid var(--ink); white-space: nowrap; }
tbody th { font-weight: 500; }
.prose { min-width: 17rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; padding-right: 1rem; }
@media (max-width: 32rem) {
  table { font-size: .82rem; }
  th, td { padding-right: .45rem; }
  .number { padding-right: .55rem; }
  tbody th { min-width: 5rem; }
}
ul { padding-left: 1.2rem; max-width: 52rem; }
li { margin: .25rem 0; overflow-wrap: anywhere; }
`.trim();
