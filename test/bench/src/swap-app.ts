// Stands for the kubelet: publishes updates of a volume of its own as fast as it can, those that it is told to.
import { Volume } from './volume.ts'

/** Publish the counts after `from`, up to `to`. */
export interface Order {
  readonly from: number
  readonly to: number
}

const volume = new Volume()
volume.update({ 'app.json': JSON.stringify({ count: 0 }) })
process.on('message', ({ from, to }: Order) => {
  for (let count = from + 1; count <= to; count++) volume.update({ 'app.json': JSON.stringify({ count }) })
})
process.once('disconnect', () => {
  volume.remove()
  process.exit()
})
process.send?.(volume.path)
