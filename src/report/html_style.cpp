#include "report/html_style.h"

namespace sockit {

const std::string_view html_style = R"css(
:root {
  color-scheme: light dark;
  --page: #fff; --panel: #f5f7f9; --text: #1b1f24; --dim: #57606a; --rule: #d0d7de;
  --line-0: #0b62c4; --line-1: #a64b00; --line-2: #6b3fa0; --good: #12682d; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161b; --panel: #1b2128; --text: #e6e9ed; --dim: #a3adb8; --rule: #39424d;
    --line-0: #6cb2ff; --line-1: #ffb066; --line-2: #c8a6ff; --good: #6fdd8b; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .4rem 0; }
code, td, dd { font-variant-numeric: tabular-nums; }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
.dim, footer { color: var(--dim); }
.verdict { font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.figures {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); gap: .6rem;
  margin: 1rem 0;
}
.figures div { background: var(--panel); border-radius: .4rem; padding: .5rem .7rem; }
.figures dt { color: var(--dim); font-size: .85rem; }
.figures dd { margin: 0; font-size: 1.15rem; font-weight: 600; }
.charts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem;
}
.tables { display: flex; flex-wrap: wrap; gap: 0 3rem; align-items: flex-start; }
figure { margin: 0; max-width: 40rem; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--text); }
svg .end { text-anchor: end; }
svg .mid { text-anchor: middle; }
svg path { fill: none; }
.grid { stroke: var(--rule); stroke-width: .6; }
.frame { stroke: var(--dim); }
.line-0, .line-1, .line-2 { stroke-width: 1.8; stroke-linejoin: round; }
.line-0 { stroke: var(--line-0); }
.line-1 { stroke: var(--line-1); stroke-dasharray: 6 3; }
.line-2 { stroke: var(--line-2); stroke-dasharray: 2 3; }
.dot-0 { fill: var(--line-0); }
.dot-1 { fill: var(--line-1); }
.dot-2 { fill: var(--line-2); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .2rem .9rem .2rem 0; text-align: left; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; white-space: nowrap; vertical-align: top; }
td { overflow-wrap: anywhere; }
.wide td { overflow-wrap: normal; white-space: nowrap; }
.number { text-align: right; }
footer { margin-top: 2rem; font-size: .85rem; }
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --panel: #fff; --text: #000; --dim: #333; --rule: #bbb;
    --line-0: #003f8a; --line-1: #7a3700; --line-2: #4b2a75; --good: #000; --bad: #000;
  }
  body { padding: 0; max-width: none; font-size: 10pt; }
  h2 { break-after: avoid; }
  figure, tr, .figures div { break-inside: avoid; }
  .charts { grid-template-columns: 1fr 1fr; }
  .figures div { border: 1px solid var(--rule); }
  .wide { overflow: visible; }
  .wide td { white-space: normal; }
}
)css";

} // namespace sockit
