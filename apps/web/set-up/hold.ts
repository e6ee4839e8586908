import { CeremonyRefused } from '@wardline/product/compliance/archive/client'
import type { HoldCeremony } from '@wardline/product/compliance/first-run/web'
import { ceremonyUrl, policy } from '../engine/policy.ts'
import type { CeremonyAnswer } from './ceremony-worker.ts'

/** Holds the key ceremony in a worker of its own, which ends with the answer. */
export const holdInWorker: HoldCeremony = (plan) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(policy.createScriptURL(ceremonyUrl), { type: 'module', name: 'ceremony' })
    worker.onmessage = ({ data }: MessageEvent<CeremonyAnswer>) => {
      worker.terminate()
      if ('held' in data) resolve(data.held)
      else reject(data.code === 'failed' ? new Error(data.message) : new CeremonyRefused(data.code, data.message))
    }
    worker.onerror = () => {
      worker.terminate()
      reject(new Error('The worker did not start.'))
    }
    worker.postMessage(plan)
  })
