import express from 'express'

import { adapterContract } from './adapter-contract.ts'
import { expressHarness } from './express-harness.ts'

adapterContract(expressHarness('Express 5', express))
