import type express from 'express'
// @ts-expect-error -- has no types under this name; those of 5 say the same about what is used here
import express4 from 'express4'

import { adapterContract } from './adapter-contract.ts'
import { expressHarness } from './express-harness.ts'

adapterContract(expressHarness('Express 4', express4 as typeof express))
