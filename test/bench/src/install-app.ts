// install-app.js PACKAGE: imports a package in a fresh process, and says how many milliseconds that took.
const [specifier = ''] = process.argv.slice(2)
const started = performance.now()
await import(specifier)
process.send?.(performance.now() - started)
process.disconnect()
