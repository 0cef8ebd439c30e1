const cpu = () => process.cpuUsage().user / 1000
import { Redactor } from './packages/core/src/secrets/redactor.ts'
import { atOnce } from './packages/core/src/async/slices.ts'
const fill = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`fill${index}`, { list: [index] }]))
for (let i = 0; i < 4; i++) {
  const r = new Redactor([])
  const tree = { fill, version: i }
  let t = cpu()
  atOnce(r.read([{ source: 's', parts: [{ tree, entry: { path: [] } }] }]))
  const a = cpu() - t
  t = cpu()
  r.served(tree)
  r.scrub('x')
  const b = cpu() - t
  t = cpu()
  r.withoutSecrets(tree)
  console.log(a, b, cpu() - t)
}
