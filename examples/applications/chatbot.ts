// A chatbot: an encoder reads a question in both directions, a decoder that attends to its words writes the answer. It learns
// questions of which it does not understand some words; what it is asked then are the same questions, of each of which two
// words are lost that were never lost together before. Who may look questions up does better still; the decoder writes.
import { readFileSync, writeFileSync } from 'node:fs'
import {
  all,
  equal,
  jit,
  logicalAnd,
  logicalOr,
  notEqual,
  random,
  reshape,
  slice,
  type Tensor,
  tensor,
  vmap,
  where,
} from 'heddle'
import { batches, padSequences } from 'heddle/data'
import { greedy } from 'heddle/decode'
import {
  bahdanauAttention,
  bahdanauDecoder,
  bidirectional,
  crossEntropy,
  dense,
  embedding,
  encoderDecoder,
  gruCell,
} from 'heddle/nn'
import { heatMap } from 'heddle/plot'
import { splitWords, tokenVocabulary } from 'heddle/text'
import { filesOf, runTask } from '../harness/task.ts'

const [LONGEST, LONGEST_ANSWER, BATCH, SIZE, UNITS] = [12, 16, 32, 64, 128]

/** The answers to each question: lines `- - question`, `  - answer` begin a conversation, those further in go on. */
function readAnswers(folder: string): Map<string, Set<string>> {
  const answersTo = new Map<string, Set<string>>()
  for (const file of filesOf(folder, '.yml')) {
    const text = readFileSync(file, 'utf8').replace(/\n {4,}(?=\S)/g, ' ')
    for (const [, said, reply] of text.matchAll(/^- - (.*)\n {2}- (?!\|)(.*)/gm)) {
      const question = splitWords(said.toLowerCase().replace(/[?.!'"]+/g, ''))
      const answer = splitWords(reply)
      const isShort = question.length <= LONGEST && answer.length <= LONGEST_ANSWER
      // Of a question of three words not enough is left without two of them.
      if (question.length < 4 || answer.length === 0 || !isShort) continue
      const own = answersTo.get(question.join(' ')) ?? new Set()
      answersTo.set(question.join(' '), own.add(answer.join(' ')))
    }
  }
  return answersTo
}

/** The question that shares most of all words with these (Jaccard). */
function nearest(words: string[], questions: string[][]): string[] {
  const likeness = questions.map(question => {
    const common = new Set(question.filter(word => words.includes(word))).size
    return common / new Set([...question, ...words]).size
  })
  return questions[likeness.indexOf(Math.max(...likeness))]
}

await runTask({
  name: 'chatbot',
  about: 'Questions with lost words and their answers, an encoder-decoder with attention (Bahdanau et al. 2015)',
  steps: 1000,
  data: 'the folder chatterbot_corpus/data/english of https://github.com/gunthercox/chatterbot-corpus',
  out: 'chatbot.svg',
  async run({ key, train, data, out }) {
    const [modelKey, lossKey, orderKey] = random.split(key, 3)
    const answersTo = [...readAnswers(data!)].map(([question, answers]) => ({
      question: question.split(' '),
      answers: [...answers],
    }))
    const questions = answersTo.map(({ question }) => question)
    const asked = tokenVocabulary(questions, { special: ['pad', 'lost'] })
    const told = tokenVocabulary(
      answersTo.flatMap(({ answers }) => answers.map(answer => answer.split(' '))),
      { special: ['pad', 'bos', 'eos'] },
    )
    const { pad, bos, eos } = told.special
    // The two places of each question at which words are lost when it counts: 1 and 2, 0 elsewhere.
    const lost = questions.map(({ length }, i) => {
      const order = [...random.permutation(random.foldIn(lossKey, i), length).data()]
      return order.map(place => (place < 2 ? place + 1 : 0))
    })

    // Each answer to a question makes an example.
    const pairs = answersTo.flatMap(({ answers }, i) => answers.map(answer => ({ i, answer })))
    console.log(`${pairs.length} answers to ${questions.length} questions`)
    const questionsOf = (places: number[]) => ({
      ...padSequences(
        places.map(i => asked.encode(questions[i])),
        { length: LONGEST },
      ),
      lost: padSequences(
        places.map(i => lost[i]),
        { length: LONGEST },
      ).values,
    })
    const answers = padSequences(
      pairs.map(({ answer }) => told.encode(answer.split(' '), { bos: true, eos: true })),
      { length: LONGEST_ANSWER + 2, value: pad },
    ).values
    const examples = { ...questionsOf(pairs.map(({ i }) => i)), answers }

    const model = encoderDecoder({
      source: embedding(asked.size, SIZE),
      encoder: bidirectional(gruCell(UNITS / 2)),
      target: embedding(told.size, SIZE),
      decoder: bahdanauDecoder(gruCell(UNITS), bahdanauAttention(UNITS)),
      head: dense(told.size),
    })
    const { at } = batches(examples, { batch: BATCH, key: orderKey })
    const params = await train('GRU', model.init(modelKey, { shape: [LONGEST], dtype: 'int32' }), {
      learningRate: 4e-3,
      loss(own, stepKey, step) {
        const { values, lengths, lost: kept, answers: wanted } = at(step)
        const drawn = random.bernoulli(stepKey, 0.25, values.shape)
        // Where both words were lost that are lost in the test, the first of them is not.
        const isTest = all(logicalOr(drawn, equal(kept, 0)), { axis: -1, keepDims: true })
        const isLost = logicalAnd(drawn, notEqual(where(isTest, kept, 0), 1))
        const one = (question: Tensor, length: Tensor, answer: Tensor) =>
          model.apply(own, question, slice(answer, [0], [-1]), { length }).logits
        const logits = vmap(one)(where(isLost, asked.special.lost, values), lengths, wanted)
        return crossEntropy(logits, slice(wanted, [0, 1]), { ignore: pad })
      },
    })
    type Params = typeof params

    const reply = (own: Params, question: Tensor, length: Tensor): Tensor => {
      const memory = model.encode(own, question, { length })
      const begin = tensor([bos], { dtype: 'int32' })
      const options = { length: LONGEST_ANSWER + 1, end: eos }
      return greedy(model.step(own, memory), model.initialCarry(own, memory), begin, options)[1]
    }
    const tested = questionsOf(questions.map((_, i) => i))
    const understood = where(notEqual(tested.lost, 0), asked.special.lost, tested.values)
    const replies = jit(vmap(reply, [null, 0, 0]))(params, understood, tested.lengths)
    const said = (replies.toArray() as number[][]).map(ids => told.decode(ids))
    const isRight = said.map((words, i) => answersTo[i].answers.includes(words.join(' ')))

    // The baseline: an answer to the question that has most words in common with what was understood.
    const known = questions.map((question, i) => question.filter((_, t) => lost[i][t] === 0))
    const isNear = known.map((words, i) => {
      const near = answersTo[questions.indexOf(nearest(words, questions))]
      return near.answers.some(answer => answersTo[i].answers.includes(answer))
    })

    const heard = questions.map((question, i) => question.map((word, t) => (lost[i][t] === 0 ? word : '...')))
    for (const i of questions.keys()) if (i % 100 === 0) console.log(`  ${heard[i].join(' ')}? ${said[i].join(' ')}`)
    // Where it looked for each word of the longest answer that is right.
    const sizes = said.map((words, i) => (isRight[i] ? words.length : 0))
    const shown = sizes.indexOf(Math.max(...sizes))
    const given = slice(told.encode(said[shown], { bos: true, eos: true }), [0], [-1])
    const [question, length] = [slice(understood, [shown], [shown + 1]), questions[shown].length]
    const { weights } = model.apply(params, reshape(question, [LONGEST]), given, { length })
    const rows = (weights.toArray() as number[][]).map(row => row.slice(0, length))
    const labels = { rowLabels: [...said[shown], 'end'], columnLabels: heard[shown] }
    writeFileSync(out, heatMap(rows, { title: 'Attention', ...labels, xLabel: 'question', yLabel: 'answer' }))
    console.log(`drawn: ${out}`)

    const percent = (right: boolean[]): number => (100 * right.filter(own => own).length) / right.length
    const [value, beside] = [percent(isRight), percent(isNear)]
    const baseline = `${beside.toFixed(2)} (an answer to the question with most words in common)`
    return [{ name: 'GRU, % answered right, word for word', value, baseline, holds: value > beside }]
  },
})
