// Shows that the fuzzer finds what it is for: plants one small fault after the other in a copy of what was built, and has
// the fuzzer run until it fails. `node build/tests/planted-faults.js [--programs 2000] [part of a file name ...]`
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** [what goes wrong, the code as built, what stands there instead] */
type Fault = readonly [string, string, string]

const faults: Record<string, Fault[]> = {
  'ts/compiler/passes/simplify.js': [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code
    ['equal equations whatever their parameters', '${JSON.stringify(params)}', ''],
    ['0 and -0 are one literal', "Object.is(atom.value, -0) ? '-0' : atom.value", 'atom.value + 0 || 0'],
    [
      'transpositions merge in the wrong order',
      'permutation.map(axis => inner.params.permutation[axis])',
      'inner.params.permutation.map(axis => permutation[axis])',
    ],
    [
      'broadcasts merge without the inner axes',
      'inner.params.axes.map(axis => outer[axis])',
      'outer.slice(0, inner.params.axes.length)',
    ],
    ['a difference of constants the wrong way round', 'fold((x, y) => x - y)', 'fold((x, y) => y - x)'],
    [
      'a program may lose what only its outputs use',
      'outputs: program.outputs.map(resolve)',
      'outputs: program.outputs',
    ],
  ],
  'ts/compiler/passes/hoist.js': [
    ['the last carry counts as an input of the step', 'i < consts + carry ?', 'i < consts + carry - 1 ?'],
    ['the first input of the step counts as invariant', 'i < consts ?', 'i < consts + Number(carry === 0) ?'],
    ['a partial sum that is emitted is regrouped', '!body.outputs.includes(output) &&', ''],
    [
      'regrouped sums lose their last late term',
      '[...early, ...late]',
      '[...early, ...(late.length > 1 ? late.slice(1) : late)]',
    ],
    [
      'products with the carry leave the loop',
      'if (level(equation) !== Depends.OnStep)',
      'if (level(equation) === Depends.OnNothing)',
    ],
  ],
  'ts/compiler/passes/sink.js': [
    [
      'a carry that is emitted on the way counts as a sum',
      'readers.length !== 1 || emitted.includes(current)',
      'readers.length !== 1',
    ],
    [
      'a carry whose next value is emitted counts as a sum',
      'adds.length === 0 || emitted.includes(current) ||',
      'adds.length === 0 ||',
    ],
    ['what another equation still reads moves', 'readers.every(reader =>', 'readers.some(reader =>'],
    ['differences count as sums', "add.primitive.name !== 'add'", "!['add', 'sub'].includes(add.primitive.name)"],
  ],
  'ts/transforms/scan-motion.js': [
    ['sums start at zero', 'zeros[i] ? null : start', 'null'],
    ['what does not change is added once', 'dim === null ? mul(value, count ?? length)', 'dim === null ? value'],
  ],
  'ts/compiler/passes/contract.js': [
    [
      'a sum before a transposition over the same axes',
      'const summed = axes.map(axis => permutation[axis])',
      'const summed = axes.slice()',
    ],
    [
      'contracted dimensions are paired wrongly',
      '[...batch[1].filter((_, i) => isSummed(i)), ...contract[1]]',
      '[...contract[1], ...batch[1].filter((_, i) => isSummed(i))]',
    ],
    ['the remaining axes keep their numbers', '.map(axis => axis - gone.length)', ''],
    ['the axes of a sum of a sum', 'map(axis => kept[axis])', 'map(axis => axis)'],
  ],
  'ts/compiler/passes/commute.js': [
    ['a product over the ids counts as one over the rows', 'axis <= shift', 'axis < shift'],
    [
      'what differs from id to id counts as rows',
      'axes.some(axis => axis < rank)',
      'axes.some(axis => axis < rank - 1)',
    ],
    ['two gathers are taken for one', 'if (!take || takes.filter(maker => maker !== null).length !== 1)', 'if (!take)'],
    [
      'rows are added to zeros whatever they are added to',
      'zeros === undefined || !isZeroBroadcast(zeros)',
      "zeros?.primitive.name !== 'broadcast'",
    ],
    ['contracted ids in another order', 'own === i && that === i', 'own === i'],
    [
      'ids transposed the wrong way',
      'back = list(0, rank).map(axis => permutation.indexOf(axis))',
      'back = permutation.slice(0, rank)',
    ],
    ['sides of a product exchanged', 'side === 0 ? [table, summed] : [summed, table]', '[table, summed]'],
  ],
  'ts/compiler/passes/accumulate.js': [
    ['results are read for the last time', 'uses.set(atom, Number.POSITIVE_INFINITY)', 'uses.set(atom, 1)'],
    ['a product that others read goes', "=== 'dotGeneral' && uses.get(atom) === 1", "=== 'dotGeneral'"],
    [
      'operands exchanged',
      'equation.inputs[1 - side], ...product.inputs',
      'equation.inputs[1 - side], ...product.inputs.toReversed()',
    ],
    [
      'the addend is left out',
      'outputFrom(inputs[0], outputs[0]), contraction, true)',
      'outputFrom(inputs[0], outputs[0]), contraction, false)',
    ],
  ],
  'ts/compiler/lowering.js': [['what is added to is not copied', '!sameView(from, out)', 'false']],
  'ts/compiler/passes/fuse.js': [
    [
      'a chain goes on after something has read it',
      'if (maker !== undefined && joined?.includes(maker) !== true)',
      'if (false)',
    ],
    [
      'a product that is a result goes into a sum',
      'uses.get(operation.result) === 1 && !isRead(operation.result)',
      'uses.get(operation.result) === 1',
    ],
    [
      'a product with two readers goes into a sum',
      'uses.get(operation.result) === 1 && !isRead(operation.result)',
      '!isRead(operation.result)',
    ],
    ['results that are outputs are forgotten', 'outputs.has(atom) ||', ''],
    ['chains of other shapes are joined', 'if (group.shape !== name)', 'if (group.shape.length !== name.length)'],
    ['the wrong addend', 'operation.operands[1 - side]', 'operation.operands[side]'],
    ['more registers than there are', 'MAX_REGISTERS = 56', 'MAX_REGISTERS = 1000'],
  ],
  'ts/compiler/plan.js': [
    [
      'what enters a loop dies in it',
      'if (life.first < begin && life.last >= begin && life.last <= end)',
      'if (false)',
    ],
    [
      'what leaves a loop begins in it',
      'if (life.first >= begin && life.first <= end && life.last > end)',
      'if (false)',
    ],
    ['the place of something that lives on', 'last === index && lives.get(buffer).last === index &&', ''],
    ['the place of something read in two orders', 'isSame && isOnlyView', 'isSame'],
    ['the place of something read in another order', 'isSame && isOnlyView', 'isOnlyView'],
    ['a place is free one instruction early', 'other.last < group.first ||', 'other.last <= group.first ||'],
  ],
  'ts/compiler/passes/pack.js': [
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: code
    ['panels of another part of the buffer', '${offset}:', ''],
    ['panels of another step', '${steps.join()}', ''],
    ['panels of another layout', ':${layout}`', '`'],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: code
    ['packed before the loop that moves it', 'Math.max(buffer.depth, steps.length)', 'buffer.depth'],
    ['packed before the loop that makes it', 'Math.max(buffer.depth, steps.length)', 'steps.length'],
  ],
  'ts/transforms/scan-lowering.js': [
    ['a carry is written while the old one is read', 'cell !== undefined && !diesBefore(body, cell, atom)', 'false'],
    ['parts of a carry are written while the old one is read', 'isVacant: cell === undefined', 'isVacant: true'],
    ['carries that change places are not saved', 'pending.some(other => other.to.buffer === from.buffer)', 'false'],
  ],
  'ts/compiler/compile.js': [
    [
      'a donated argument is overwritten while it is read',
      '(life(input)?.last ?? -1) <',
      '(life(input)?.last ?? -1) <= 1 +',
    ],
    [
      'a donated argument is updated in another order',
      'operand.view.buffer !== input || sameView({ ...operand.view, buffer: output }, out.view)',
      'true',
    ],
  ],
}

const { values, positionals } = parseArgs({
  options: { programs: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
  allowPositionals: true,
})
const built = new URL('../', import.meta.url)
const planted = new URL('planted/', built)
rmSync(planted, { recursive: true, force: true })
for (const folder of ['ts', 'tests', 'assembly']) {
  cpSync(new URL(folder, built), new URL(folder, planted), { recursive: true })
}
let missed = 0
for (const [file, list] of Object.entries(faults)) {
  if (positionals.length > 0 && !positionals.some(part => file.includes(part))) continue
  const path = new URL(file, planted)
  const code = readFileSync(path, 'utf8')
  for (const [what, sound, faulty] of list) {
    const name = `${file.slice(file.lastIndexOf('/') + 1, -3)}: ${what}`
    if (code.split(sound).length !== 2) {
      console.log(`| ${name} | does not fit the code any more |`)
      missed++
      continue
    }
    writeFileSync(
      path,
      code.replace(sound, () => faulty),
    )
    const fuzz = ['--stop', '--shrink', '0', '--programs', values.programs, '--seed', values.seed]
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [new URL('tests/fuzz.js', planted).pathname, ...fuzz],
      { encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 1_800_000 },
    )
    const after = stdout.match(/(\d+) of \d+ programs in \d+ s, [1-9]/)?.[1]
    const how = stderr.match(/shrunk 0 times\): (.{0,60})/)?.[1] ?? ''
    // Neither an answer: it ran out of time, or did not even start.
    const isFound = status === 1 && after !== undefined
    const found = isFound ? `after ${after} programs` : status === 0 ? `not in ${values.programs}` : 'no verdict'
    if (!isFound) missed++
    console.log(`| ${name} | ${found} | ${how} |`)
  }
  writeFileSync(path, code)
}
rmSync(planted, { recursive: true, force: true })
console.log(missed === 0 ? 'every fault was found' : `${missed} faults were not found`)
process.exitCode = missed === 0 ? 0 : 1
