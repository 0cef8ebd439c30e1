/** One style for light and dark; every pair of colours has a contrast of at least 4.5 to 1. */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --back: #f6f7f9; --card: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #d5dae0; --code: #eef1f4; --link: #0550ae;
  --pass: #116329; --pass-back: #dcf5e3; --warn: #7a4100; --warn-back: #fff1cf; --fail: #a40e26; --fail-back: #ffe3e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0e1116; --card: #171b22; --text: #e6e9ee; --quiet: #9aa4b1; --line: #313843; --code: #232a34; --link: #79b8ff;
    --pass: #7ee2a0; --pass-back: #11321d; --warn: #f5c96b; --warn-back: #3a2b08; --fail: #ffa3a8; --fail-back: #471a20;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 66rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.5rem; }
footer { padding-bottom: 2rem; color: var(--quiet); font-size: .875rem; }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; }
h2 { margin: 0 0 .75rem; font-size: 1.125rem; }
h3 { margin: 0; font-size: 1rem; }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
p, ul { margin: .25rem 0; }
ul { padding-left: 1.25rem; }
.status { border-left: .375rem solid; border-radius: .5rem; padding: .75rem 1rem; margin: 0 0 1rem; }
.status strong { font-size: 1.25rem; }
.status p, .status ul { color: var(--text); }
.pass { background: var(--pass-back); color: var(--pass); }
.warn { background: var(--warn-back); color: var(--warn); }
.fail { background: var(--fail-back); color: var(--fail); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .375rem 1.5rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; min-width: 0; }
code { background: var(--code); border-radius: .25rem; padding: .0625rem .25rem; font: .875em ui-monospace, monospace; }
code, .text { overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: isolate; }
time, .quiet { color: var(--quiet); }
table { width: 100%; table-layout: fixed; border-collapse: collapse; }
.sources thead th:nth-child(3), .sources thead th:nth-child(4) { width: 7rem; }
.sources thead th:nth-child(5) { width: 34%; }
.diff thead th:first-child, .issues thead th:first-child, .values thead th:first-child { width: 26%; }
th, td { padding: .375rem .75rem .375rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-top: 0; color: var(--quiet); font-size: .875rem; }
th[scope=row] { font-weight: 400; }
.warning { color: var(--warn); }
ol { list-style: none; margin: 0; padding: 0; }
li.entry { border-left: .25rem solid var(--line); padding: 0 0 0 1rem; margin: 0 0 1.25rem; }
li.entry:last-child { margin-bottom: 0; }
li.change { border-color: var(--pass); }
li.rejection { border-color: var(--warn); }
li.entry h3 time { font-weight: 400; margin-left: .5rem; }
@media (max-width: 40rem) {
  header, main, footer { padding-left: .75rem; padding-right: .75rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .625rem; }
  table, thead, tbody, tr, th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border-top: 1px solid var(--line); padding: .5rem 0; }
  tbody tr:first-child { border-top: 0; }
  th, td { border: 0; padding: .0625rem 0; }
  td::before { content: attr(data-label) " "; color: var(--quiet); }
  li.entry h3 time { display: block; margin: 0; }
}
`
