/** How the report looks: one style sheet, with no fonts or pictures from elsewhere. */
import { MAP_COLOURS } from "lib/figures/map_colours.ts";

const SCALE = MAP_COLOURS.map(([at, colour]) => `${colour} ${100 * at}%`).join(", ");

/** The style sheet. */
export const REPORT_STYLE = `
:root { color-scheme: light; --ink: #222; --soft: #666; --line: #ddd; --panel: #fff; --fake: #b5302a }
* { box-sizing: border-box }
body { margin: 0; background: #f4f4f2; color: var(--ink); font: 15px/1.5 system-ui, "Open Sans", sans-serif }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
h1 { font-size: 1.6rem; margin: 0 0 .25rem }
h2 { font-size: 1.15rem; margin: 2rem 0 .6rem }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
p { margin: .4rem 0 }
a { color: inherit }
.soft { color: var(--soft) }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.1rem;
  margin: 0 0 1rem }
table { border-collapse: collapse; width: 100%; font-size: .92rem }
th, td { text-align: left; padding: .3rem .7rem .3rem 0; vertical-align: top; overflow-wrap: anywhere }
th { font-weight: 600; color: var(--soft) }
tr + tr > * { border-top: 1px solid #eee }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td.wide { width: 50% }
table.people { width: auto }
table.people > * > * > * { padding-right: 2rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0 }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere }
pre { overflow: auto; font-size: .8rem; background: #fafafa; padding: .7rem; max-height: 24rem }
.head { display: flex; gap: 1rem; justify-content: space-between; align-items: baseline }
.score { font-weight: 700; font-size: 1.25rem; font-variant-numeric: tabular-nums; white-space: nowrap }
.bar { height: 6px; background: #e7e7e4; border-radius: 3px; margin: .4rem 0; overflow: hidden }
.bar i { display: block; height: 100%; background: var(--fake) }
.frames { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: .8rem;
  margin-top: .8rem }
.frames.one { grid-template-columns: minmax(0, 46rem) }
figure { margin: 0 }
figcaption { font-size: .82rem; color: var(--soft); margin-top: .2rem }
svg { display: block; width: 100%; height: auto; border-radius: 4px; background: #eee }
svg rect { fill: none; stroke: #fff; stroke-opacity: .95 }
svg rect.under { stroke: #000; stroke-opacity: .55 }
svg .refused { stroke-dasharray: 6 4 }
svg text { fill: #fff; stroke: #000; paint-order: stroke; font-weight: 600 }
.face { display: flex; flex-wrap: wrap; gap: .7rem; padding-top: .9rem; margin-top: .9rem;
  border-top: 1px solid #eee }
.map { width: 128px }
.map div { position: relative; width: 128px; height: 128px; border-radius: 4px; overflow: hidden }
.map img { position: absolute; inset: 0; width: 100%; height: 100% }
.map img.grey { filter: grayscale(1) }
.scale { width: 16rem; max-width: 100%; height: 10px; border: 1px solid #bbb;
  background: linear-gradient(to right, ${SCALE}), #bbb }
.ends { width: 16rem; max-width: 100%; display: flex; justify-content: space-between; font-size: .8rem;
  color: var(--soft) }
@media print { body { background: #fff } .panel { break-inside: avoid } }
`;
