// Holds ConfigMaps live, in one of three ways, and tells what memory that takes.
import { setTimeout as delay } from 'node:timers/promises'

/** What to hold, and from where. */
export interface Hold {
  readonly way: Way
  readonly url: string
  readonly tokenFile: string
  readonly token: string
  readonly caFile: string
  readonly labelSelector: string
}

/** `nothing` is a bare process. */
export type Way = 'nothing' | 'hot-config' | 'client-node'

export type Told = { readonly seen: number } | { readonly memory: NodeJS.MemoryUsage }

const tell = (told: Told): unknown => process.send?.(told)

const ways: Readonly<Record<Way, (hold: Hold) => Promise<void>>> = {
  nothing: async () => undefined,

  'hot-config': async ({ url, tokenFile, caFile, labelSelector }) => {
    const { createHotConfig } = await import('@hot-config/core')
    const { configMaps } = await import('@hot-config/kubernetes')
    const sources = configMaps({ labelSelector, namespace: 'default', server: url, tokenFile, caFile })
    const config = await createHotConfig({ sources, logger: false })
    tell({ seen: config.current['count'] as number })
    config.onChange(({ next }) => tell({ seen: next.value['count'] as number }))
  },

  'client-node': async ({ url, token, caFile, labelSelector }) => {
    const { CoreV1Api, KubeConfig, makeInformer } = await import('@kubernetes/client-node')
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromOptions({
      clusters: [{ name: 'bench', server: url, caFile }],
      users: [{ name: 'reader', token }],
      contexts: [{ name: 'bench', cluster: 'bench', user: 'reader' }],
      currentContext: 'bench',
    })
    const api = kubeConfig.makeApiClient(CoreV1Api)
    const list = () => api.listNamespacedConfigMap({ namespace: 'default', labelSelector })
    const informer = makeInformer(kubeConfig, '/api/v1/namespaces/default/configmaps', list, labelSelector)
    for (const verb of ['add', 'update'] as const) {
      informer.on(verb as 'change', ({ data = {} }: { data?: Record<string, string> }) => {
        const { count } = JSON.parse(data['app.json'] ?? '{}') as { count?: number }
        if (count !== undefined) tell({ seen: count })
      })
    }
    await informer.start()
  },
}

process.once('message', (hold: Hold) => {
  void ways[hold.way](hold)
  process.once('message', () => void measure())
})

async function measure(): Promise<void> {
  if (!globalThis.gc) throw new Error('needs --expose-gc')
  for (let round = 0; round < 5; round++) {
    // what a collection lets go of may need another turn, and another collection
    await delay(50)
    globalThis.gc()
  }
  tell({ memory: process.memoryUsage() })
}
