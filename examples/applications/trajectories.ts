// Where pedestrians go: 3.2 seconds of each path are seen, the 4.8 that follow are to be said, in a place that nothing was
// learnt of (the ETH and UCY scenes; Pellegrini et al. 2009; Lerer et al. 2007). Most people walk on as they walked, and a
// network that does not begin with that loses to it (Schöller et al. 2020): this one says how they deviate.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  add,
  arange,
  at,
  cumsum,
  div,
  expandDims,
  jit,
  matmul,
  maximum,
  mul,
  neg,
  norm,
  random,
  reshape,
  slice,
  stack,
  sub,
  type Tensor,
  tensor,
  transpose,
  vmap,
  where,
} from 'heddle'
import { batches } from 'heddle/data'
import { averageDisplacement, chain, dense, finalDisplacement, gruCell, recurrent } from 'heddle/nn'
import { round, runTask } from '../harness/task.ts'

/** Steps that are seen and that are to be said, of 0.4 s each; frames from one to the next. */
const [SEEN, SAID, FRAMES] = [8, 12, 10]
const [UNITS, BATCH] = [64, 128]

/** The files of each scene that is left out in its turn. */
const SCENES: Record<string, string[]> = {
  eth: ['biwi_eth'],
  hotel: ['biwi_hotel'],
  univ: ['students001', 'students003'],
  zara1: ['crowds_zara01'],
  zara2: ['crowds_zara02'],
}
/** They say when to stop, each time. */
const OTHERS = ['crowds_zara03', 'uni_examples']

/** All stretches of twenty steps that a person was seen without a gap, in metres: [N, 20, 2]. */
function paths(folder: string, files: readonly string[]): Tensor {
  const stretches: number[][][] = []
  for (const file of files) {
    const rows = readFileSync(join(folder, `${file}.txt`), 'utf8')
      .trim()
      .split('\n')
    const people = new Map<number, { frame: number; place: number[] }[]>()
    for (const [frame, person, x, y] of rows.map(row => row.split(/\s+/).map(Number))) {
      people.set(person, [...(people.get(person) ?? []), { frame, place: [x, y] }])
    }
    for (const path of people.values()) {
      for (let end = SEEN + SAID; end <= path.length; end++) {
        const own = path.slice(end - SEEN - SAID, end)
        if (own.every(({ frame }, i) => frame === own[0].frame + i * FRAMES))
          stretches.push(own.map(({ place }) => place))
      }
    }
  }
  return tensor(stretches)
}

/** People go on as in their last step: [8, 2] -> [12, 2]. */
function constantVelocity(seen: Tensor): Tensor {
  const [before, now] = [at(seen, -2), at(seen, -1)]
  const steps = expandDims(add(arange(SAID), 1), 1)
  return add(now, mul(steps, sub(now, before)))
}

/** By how much each step of the twelve deviates from that. */
const model = chain(recurrent(gruCell(UNITS), { returnSequences: false }), dense(2 * SAID))
type Params = ReturnType<typeof model.init>

/** What is said of one path: seen as if it led along the x axis, from the origin. */
function forecast(params: Params, seen: Tensor): Tensor {
  const way = sub(at(seen, -1), at(seen, 0))
  const length = norm(way)
  const [x, y] = [0, 1].map(axis => div(at(way, axis), maximum(length, 1e-3)))
  // Who stands has no direction.
  const turn = stack([stack([x, neg(y)]), stack([y, x])])
  const velocities = matmul(sub(slice(seen, [1]), slice(seen, [0], [-1])), turn)
  const deviations = reshape(model.apply(params, velocities), [SAID, 2])
  return add(constantVelocity(seen), matmul(cumsum(deviations, { axis: 0 }), transpose(turn)))
}

const seenOf = (path: Tensor): Tensor => slice(path, [0], [SEEN])
const forecasts = vmap((params: Params, path: Tensor) => forecast(params, seenOf(path)), [null, 0])
const saidOf = (all: Tensor): Tensor => slice(all, [0, SEEN])

/** ADE and FDE in metres. */
const errors = (said: Tensor, truth: Tensor): number[] =>
  [averageDisplacement(said, truth), finalDisplacement(said, truth)].map(error => error.item())

await runTask({
  name: 'trajectories',
  about: 'Pedestrians of five scenes, each left out in its turn',
  steps: 600,
  data: 'the folder datasets/raw/all_data of https://github.com/abduallahmohamed/Social-STGCNN',
  async run({ key, train, data }) {
    const [modelKey, orderKey] = random.split(key)
    const others = paths(data!, OTHERS)
    const results: { own: number[]; plain: number[] }[] = []
    for (const [scene, files] of Object.entries(SCENES)) {
      const rest = Object.values(SCENES)
        .flat()
        .filter(file => !files.includes(file))
      const [learnt, tested] = [paths(data!, rest), paths(data!, files)]
      const { at: batchAt } = batches(learnt, { batch: BATCH, key: orderKey })
      const params = await train(scene, model.init(modelKey, { shape: [SEEN - 1, 2] }), {
        loss(p, own, step) {
          // Half of the paths are seen in a mirror.
          const mirror = where(random.bernoulli(own, 0.5, [BATCH, 1]), 1, -1)
          const ways = batchAt(step)
          const mirrored = stack([at(ways, 0, 2), mul(at(ways, 1, 2), mirror)], 2)
          return averageDisplacement(forecasts(p, mirrored), saidOf(mirrored))
        },
        learningRate: 2e-3,
        validate: jit((p: Params) => averageDisplacement(forecasts(p, others), saidOf(others))),
        every: 50,
      })
      const truth = saidOf(tested)
      const own = errors(jit(forecasts)(params, tested), truth)
      const plain = errors(jit(vmap((path: Tensor) => constantVelocity(seenOf(path))))(tested), truth)
      const show = (pair: number[]): string => pair.map(error => error.toFixed(2)).join(' / ')
      console.log(`${scene}, ${truth.shape[0]} paths: ADE / FDE ${show(own)} m, constant velocity ${show(plain)} m`)
      results.push({ own, plain })
    }
    const average = (side: 'own' | 'plain', place: number): number =>
      results.reduce((sum, result) => sum + result[side][place], 0) / results.length
    return ['ADE', 'FDE'].map((name, i) => {
      const [value, plain] = [average('own', i), average('plain', i)]
      return { name: `${name}, m`, value, baseline: `${round(plain)} (constant velocity)`, holds: value < plain }
    })
  },
})
