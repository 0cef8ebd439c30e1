import { OpenFeature } from '@openfeature/server-sdk'

const features = OpenFeature.getClient()

/** The steps of the checkout for a customer. */
export async function stepsFor(user) {
  const context = { targetingKey: user.name, email: user.email }
  const isOnePage = await features.getBooleanValue('one-page-checkout', false, context)
  const color = await features.getStringValue('button-color', 'blue', context)
  return { steps: isOnePage ? ['everything'] : ['address', 'payment', 'confirmation'], color }
}
