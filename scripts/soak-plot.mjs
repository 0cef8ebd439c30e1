// Draws what a soak measured, as the text of an SVG.
const COLUMNS = 2
const [WIDTH, HEIGHT] = [420, 190]
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 14, 34, 26]
const HEADER = 40
const COLORS = { fastify: '#1f6feb', express: '#d1570a', nest: '#8250df' }
const TICKS = 4

const MIB = 1024 * 1024

/** What is drawn of each app, from one measurement and the one before it. */
const PANELS = [
  ['Heap after garbage collection, MiB', ({ heapUsed }) => heapUsed / MIB],
  ['Resident memory, MiB', ({ rss }) => rss / MIB],
  ['Open files', ({ fds }) => fds],
  ['Handles that keep the process alive', ({ handles }) => handles],
  ['Delay of the event loop, 99th percentile, ms', ({ delayMs }) => delayMs],
  [
    'Requests answered per second',
    ({ answered }, before, seconds) => (before ? (answered - before.answered) / seconds : undefined),
  ],
  ['Requests failed, but for what was taken back', ({ failed }) => failed],
  ['Reloads since the start: changed, rejected (dashed)', ({ changed }) => changed, ({ rejected }) => rejected],
]

/** @returns the picture of a report of `npm run soak` */
export function plotSoak({ samples, minutes, startedAt }) {
  const rows = Math.ceil(PANELS.length / COLUMNS)
  const [width, height] = [COLUMNS * WIDTH, HEADER + rows * HEIGHT]
  const panels = PANELS.map(([title, ...values], index) => {
    const [x, y] = [(index % COLUMNS) * WIDTH, HEADER + Math.floor(index / COLUMNS) * HEIGHT]
    return `<g transform="translate(${x} ${y})">${panel(title, values, samples)}</g>`
  })
  const legend = Object.entries(COLORS).map(([name, color], index) => {
    const x = width - RIGHT - 90 * (3 - index)
    return `<line x1="${x}" y1="20" x2="${x + 18}" y2="20" stroke="${color}" stroke-width="2"/>${text(x + 24, 24, name)}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(
      LEFT,
      24,
      `Soak of ${minutes} minutes, ${startedAt.slice(0, 10)}; from left to right: minutes`,
      'font-weight="600" font-size="13"',
    ),
    ...legend,
    ...panels,
    '</svg>\n',
  ].join('\n')
}

function panel(title, values, samples) {
  const lines = Object.keys(COLORS).flatMap((app) =>
    values.map((valueOf, index) => ({
      color: COLORS[app],
      isDashed: index > 0,
      points: samples.flatMap((sample, at) => {
        const before = samples[at - 1]
        const value = valueOf(sample.apps[app], before?.apps[app], sample.atS - (before?.atS ?? 0))
        return value === undefined ? [] : [[sample.atS / 60, value]]
      }),
    })),
  )
  const all = lines.flatMap(({ points }) => points)
  const [maxX, maxY] = [Math.max(...all.map(([x]) => x)), niceAbove(Math.max(...all.map(([, y]) => y)))]
  const [plotWidth, plotHeight] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM]
  const xOf = (value) => round(LEFT + (value / maxX) * plotWidth)
  const yOf = (value) => round(TOP + plotHeight - (value / maxY) * plotHeight)
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => index / TICKS)
  return [
    text(LEFT, TOP - 10, title, 'font-weight="600"'),
    ...ticks.map((part) => {
      const y = yOf(part * maxY)
      const line = `<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" stroke="#d0d7de" stroke-width="0.5"/>`
      return line + text(LEFT - 6, y + 4, round(part * maxY), 'text-anchor="end" fill="#57606a"')
    }),
    ...ticks.map((part) =>
      text(xOf(part * maxX), HEIGHT - 10, round(part * maxX), 'text-anchor="middle" fill="#57606a"'),
    ),
    ...lines.map(({ color, isDashed, points }) => {
      const path = points.map(([x, y]) => `${xOf(x)},${yOf(y)}`).join(' ')
      return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.2"${isDashed ? ' stroke-dasharray="4 3"' : ''}/>`
    }),
  ].join('\n')
}

/** The next of 1, 2, 4, 6, 8, 10 times a power of ten. */
function niceAbove(value) {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * [1, 2, 4, 6, 8, 10].find((factor) => factor * power >= value)
}

function round(value) {
  return Math.round(value * 10) / 10
}

function text(x, y, content, attributes = '') {
  return `<text x="${x}" y="${y}" ${attributes}>${content}</text>`
}
