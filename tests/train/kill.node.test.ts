// The long version is `node build/tests/train/kill.js 200`.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { add, type Tensor, zeros } from '../../ts/index.js'
import { finish, fit } from '../../ts/train/index.js'
import { killAtRandom } from './kill.js'

test('killed at random moments, a training has a whole checkpoint, and ends as if it had never been', async () => {
  const { kills, sums } = await killAtRandom(5)
  assert.ok(kills >= 3, `${kills} kills hit`)
  assert.is(sums[0], sums[1])
})

test('a checkpoint makes its folder, takes away what a killed writer left, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-'))
  try {
    const own = join(folder, 'deep', 'er')
    const count = (state: Tensor): [Tensor, Tensor] => [add(state, 1), state]
    const options = { checkpoint: join(own, 'c'), log: join(own, 'log.json'), every: 1 }
    await finish(fit(count, zeros([]), { ...options, steps: 2 }))
    assert.equal((await readdir(own)).sort(), ['c', 'log.json'])
    for (const name of ['c.0123abcd.tmp', 'log.json.0123abcd.tmp', 'c.tmp', 'd.0123abcd.tmp'])
      await writeFile(join(own, name), 'half')
    const { state, history } = await finish(fit(count, zeros([]), { ...options, steps: 3 }))
    assert.equal([state.item(), history.length], [3, 3])
    assert.equal((await readdir(own)).sort(), ['c', 'c.tmp', 'd.0123abcd.tmp', 'log.json'])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.run()
