// The reference: a page for each function, in the rooms that users import, by topic. A topic is made of whole files, so
// that no docstring needs to name its own; what stands in a file not listed is under the file's own name.
import { basename } from 'node:path'
import { Comment, CommentTag, Converter, ReflectionKind, Renderer } from 'typedoc'

/** The topics of packages with many functions, in their order, and the files of each. */
const topics = {
  heddle: {
    Tensors: 'tensor full cast dtype shape tree',
    Transforms:
      'grad jvp linearize jacobian jit vmap custom-jvp custom-vjp checkpoint stop-gradient eval-shape make-program debug collective',
    'Control flow': 'scan while-loop cond',
    'Element by element':
      'arithmetic division exponential logarithms sigmoidal trigonometric hyperbolic rounding compare where bitwise operand',
    'Sums and other reductions': 'reduce prod norm argmax softmax cross-entropy cumulate',
    'Products and attention': 'dot-general products einsum attention',
    Shapes: 'reshape transpose broadcast concat arrange diagonal pad',
    'Entries and order': 'slice dynamic-slice take scatter search sort',
    'Convolution and pooling': 'conv pool windows',
    'Random numbers': 'random distributions',
    'The core': 'core usage',
  },
  'heddle/nn': {
    Layers:
      'layer link chain dense embedding norm channel-norm recurrent stacked sequence residual dropout recurrent-dropout',
    Cells: 'cell rnn-cell lstm-cell gru-cell conv-lstm-cell',
    'Convolutional networks': 'conv pooling convnets',
    'Attention and Transformers': 'attention positions blocks transformer gpt alignment',
    'Encoders and decoders': 'encoder-decoder decoders',
    Activations: 'activations',
    Losses: 'losses ranking ctc',
    Metrics: 'metrics',
    Initialisers: 'initializers',
  },
}

/** The module that users import something from. */
function moduleOf(reflection) {
  for (let at = reflection.parent; at !== undefined; at = at.parent)
    if (at.kind === ReflectionKind.Module) return at.name
}

/** The topic of what a module exports; null where the module has none. */
function topicOf(reflection) {
  const own = topics[moduleOf(reflection)]
  if (own === undefined || reflection.parent.kind !== ReflectionKind.Module) return null
  const file = basename(reflection.project.getSymbolIdFromReflection(reflection)?.fileName ?? '', '.ts')
  const stem = reflection.kind === ReflectionKind.Namespace ? reflection.name : file
  const listed = Object.keys(own).find(topic => own[topic].split(' ').includes(stem))
  return listed ?? stem.replace(/^./, first => first.toUpperCase()).replaceAll('-', ' ')
}

/**
 * Gives all that is exported its topic, and options that a function takes apart a name. The front page is the README
 * without its title, which the page has; its table of rooms leads to their pages.
 */
function arrange({ converter, renderer }) {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.All)) {
      if (reflection.name === '__namedParameters') reflection.name = 'options'
      const topic = reflection.parent === undefined ? null : topicOf(reflection)
      if (topic === null) continue
      reflection.comment ??= new Comment()
      reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: topic }]))
    }
  })
  renderer.on(Renderer.EVENT_BEGIN, ({ project }) => {
    const parts = project.readme ?? []
    parts[0].text = parts[0].text.replace(/^# .*\n/, '')
    parts.forEach((part, i) => {
      const name = /^`(heddle[/\w]*)`$/.exec(part.text)?.[1]
      if (name === undefined || !parts[i - 1]?.text.endsWith('\n| ')) return
      parts[i] = { kind: 'text', text: `[${part.text}](modules/${name.replace('/', '_')}.html)` }
    })
  })
}

export default {
  name: 'heddle',
  entryPoints: [
    'index',
    'core',
    'random',
    ...'nn optim text data decode train io plot profile'.split(' ').map(room => `${room}/index`),
  ].map(entry => `ts/${entry}.ts`),
  out: 'build/reference',
  readme: 'README.md',
  includeVersion: true,
  excludeInternal: true,
  excludePrivate: true,
  plugin: [arrange],
  categoryOrder: Object.values(topics).flatMap(Object.keys),
  categorizeByGroup: false,
  sort: ['kind', 'alphabetical'],
  kindSortOrder: ['Module', 'Namespace', 'Class', 'Function', 'Variable', 'Interface', 'TypeAlias'],
  groupOrder: ['Namespaces', 'Classes', 'Functions', 'Variables', 'Interfaces', 'Type Aliases'],
  sortEntryPoints: false,
  navigation: { includeCategories: true, includeGroups: false, includeFolders: false },
  // Where the sources are on the net depends on the copy that this is.
  disableSources: true,
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ['Function', 'Variable', 'Class', 'Interface', 'TypeAlias'],
}
