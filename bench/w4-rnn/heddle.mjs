import { rnnWorkload } from '../../build/bench/workloads.js'
import { training } from '../lib/heddle.mjs'

export const prepare = () => [training(rnnWorkload())]
