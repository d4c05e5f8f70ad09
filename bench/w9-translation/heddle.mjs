import { translationWorkload } from '../../build/bench/workloads.js'
import { training } from '../lib/heddle.mjs'

export const prepare = () => [training(translationWorkload())]
