// Stands for the kubelet: publishes updates of a volume of its own as fast as it can, those that it is told to.
import { shared } from './clock.ts'
import { Volume } from './volume.ts'

/** Publish the counts after `from`, up to `to`, and tell when the last one was. */
export interface Order {
  readonly from: number
  readonly to: number
}

/** Whoever is measured has seen the update by then, or is late: a message must not wake it before. */
const TELL_MS = 2

const volume = new Volume()
volume.update({ 'app.json': JSON.stringify({ count: 0 }) })
process.on('message', ({ from, to }: Order) => {
  let swapped = Number.NaN
  for (let count = from + 1; count <= to; count++) swapped = volume.update({ 'app.json': JSON.stringify({ count }) })
  setTimeout(() => process.send?.(shared(swapped)), TELL_MS)
})
process.once('disconnect', () => {
  volume.remove()
  process.exit()
})
process.send?.(volume.path)
