// The instruction format: what the compiler (ts/compiler) writes and the machine (assembly/machine.ts) runs.
// Plain enums, so that AssemblyScript and TypeScript read this one file.
//
// A program is a list of 32-bit words. An instruction is
//   word 0   opcode | length << 16          (length in words, this word included)
//   word 1   equation | barrier << 31       (equation: source line, profile, NaN report; barrier: wait for all shares first)
//   then its fields, in the order listed at each opcode below:
//     OPERAND  2 + depth words: slot, byte offset, then one signed byte step for each enclosing loop, outermost first.
//              Its address is slots[slot] + offset + sum(counter[d] * step[d]).
//     EXTENT   a count; with bit 31 set, the low byte names an extent register (see Opcode.Extent) read at run time.
//     u32, i32 plain words. Strides and steps are signed and in BYTES; counts are in elements.
// Every element of every dtype is 4 bytes wide; a bool is 0 or 1 in a 32-bit word.

/** What an instruction does; fields in order. */
export const enum Opcode {
  /** Ends the program. */
  Halt = 0,
  /** EXTENT trip, EXTENT start, u32 exit: runs to the matching End with counter = start .. start + trip - 1; trip 0 continues `exit` words from this instruction's first word (just after the End). */
  Loop = 1,
  /** Closes the innermost loop. */
  End = 2,
  /** OPERAND condition, u32 skip: continues `skip` words from this instruction's first word if the word read is 0. */
  Branch = 3,
  /** u32 skip: continues `skip` words from this instruction's first word. */
  Jump = 4,
  /** OPERAND condition, u32 exit: if the word read is 0, leaves the innermost loop and continues `exit` words from this instruction's first word. */
  Break = 5,
  /** u32 register, OPERAND source (int32), u32 limit: extent register = clamp(source, 0, limit). */
  Extent = 6,
  /** u32 tag, EXTENT count, OPERAND source: copies the words into the report buffer, behind the counters of the enclosing loops. */
  Print = 7,
  /** EXTENT count, OPERAND source: reports the equation if any float is NaN or infinite. */
  Check = 8,

  /** u32 rank | inputs << 8 | outputs << 16 | operations << 24; EXTENT dims[rank] (outermost first); inputs x { OPERAND, i32 strides[rank] }; outputs x the same;
   *  operations x { u32 MapOp | dst << 16, u32 a | b << 8 | c << 16 }. Registers: inputs first, then outputs, then temporaries (tiles).
   *  Operations read any register and write an output or a temporary, once each; they run in order over tiles of the last dimension.
   *  An output may be the very same memory as an input with the same strides (in place). rank >= 1. */
  Map = 16,
  /** u32 rank, u32 variant, EXTENT dims[rank], OPERAND out, i32 outStrides[rank], OPERAND in, i32 inStrides[rank]. variant: CopyVariant. */
  Copy = 17,
  /** EXTENT count, u32 bits, OPERAND out: contiguous. */
  Fill = 18,
  /** u32 asFloat, EXTENT count, OPERAND out: out[i] = i, contiguous. */
  Iota = 19,
  /** u32 ReduceOp, EXTENT outer, EXTENT length, EXTENT inner, OPERAND out, i32 outOuter, i32 outInner, OPERAND in, i32 inOuter, i32 inLength, i32 inInner.
   *  out[o, i] = reduce over l of in[o, l, i]; length 0 gives the identity. The order of summation depends on length, inner and strides only. */
  Reduce = 20,
  /** u32 0 = max | 1 = min, EXTENT outer, EXTENT length, OPERAND out (int32), i32 outOuter, OPERAND in (float32), i32 inOuter, i32 inLength: first extreme; NaN wins. */
  ArgReduce = 21,
  /** u32 SoftmaxKind, EXTENT rows, EXTENT length, OPERAND out, i32 outRow, OPERAND in, i32 inRow: along contiguous rows. */
  Softmax = 22,
  /** u32 CrossEntropyKind, EXTENT rows, EXTENT classes, OPERAND out, i32 outRow, OPERAND logits, i32 logitsRow, OPERAND labels (int32), i32 labelsStride. Labels are clamped to [0, classes). */
  CrossEntropy = 23,
  /** EXTENT count, EXTENT inner, EXTENT rows, OPERAND out, i32 outRow, OPERAND table, i32 tableRow, OPERAND indices (int32), i32 indexStride: out[i, :] = table[clamp(indices[i]), :]; inner contiguous. */
  Take = 24,
  /** u32 0 = float32 | 1 = integer | 2 = set, EXTENT count, EXTENT inner, EXTENT rows, OPERAND out, i32 outRow, OPERAND updates, i32 updatesRow, OPERAND indices, i32 indexStride:
   *  out[clamp(indices[i]), :] += updates[i, :] (set: =) in order of i; shares split the destination rows. */
  ScatterAdd = 25,
  /** u32 ThreefryKind, EXTENT keys, EXTENT count, OPERAND out, i32 outStride (between keys), OPERAND key (2 words each, 4 for SplitAt), i32 keyStride. */
  Threefry = 26,
  /** EXTENT K, EXTENT N, OPERAND out, OPERAND b, u32 kInner, i32 kOuterStride, i32 kInnerStride, u32 nInner, i32 nOuterStride, i32 nInnerStride, EXTENT batch0, EXTENT batch1, i32 bBatch0, i32 bBatch1.
   *  Packs B [K, N] into panels [ceil(N / 8)][K][8], zero padded, batches one after the other. Index k lies at (k / kInner) * kOuterStride + (k % kInner) * kInnerStride; likewise n. */
  Pack = 27,
  /** u32 GemmKind | accumulate << 8, EXTENT M, EXTENT N, EXTENT K, OPERAND c, i32 cRow, OPERAND a, u32 mInner, i32 mOuterStride, i32 mInnerStride, u32 kInner, i32 kOuterStride, i32 kInnerStride,
   *  OPERAND b, i32 bK, i32 bN (strides, for the kinds that read B unpacked), OPERAND scratch (GEMM_SCRATCH bytes for each share), EXTENT batch0, EXTENT batch1, i32 aBatch0, aBatch1, bBatch0, bBatch1 (of the panels, where B is packed), cBatch0, cBatch1.
   *  C [M, N] = A [M, K] B [K, N], or += with accumulate. C has contiguous rows. */
  Gemm = 28,
  /** u32 count | writes << 8, count x { OPERAND index (int32), u32 limit, i32 stride }, then the fields of Copy: a copy in which `in` (with `writes`: `out`) lies sum(clamp(index, 0, limit) * stride) bytes further. */
  CopyAt = 29,

  // From here on kernels of the extension (extension.ts), which the core calls through its table.
  /** u32 GemmViews flags, u32 batches | m << 8 | n << 16 | k << 24, i32 aRow, i32 aK, i32 cRow, OPERAND c, OPERAND a, OPERAND b, OPERAND scratch (GEMM_SCRATCH bytes for each share),
   *  (batches + m + n + k) x { u32 count, i32 aStride, i32 bStride, i32 cStride } (levels of each index, outermost first; strides that an operand does not have are 0).
   *  C [M, N] = A [M, K] B [K, N], or +=, for operands of any number of levels: B is packed panel by panel as it is needed, A block by block unless it has a stride each way. */
  GemmViews = 64,
  /** u32 PoolKind, u32 lead, OPERAND out, OPERAND indices (int32, written by Max), OPERAND in, lead x { u32 count, i32 inStride, 0, 0 },
   *  3 x { u32 count, u32 length, i32 inStride, u32 size, u32 stride, u32 dilation, u32 before }.
   *  out[l, o] = reduce over w of in[l, o * stride + w * dilation - before], in order of w, where that lies within the length; indices: of the first extreme
   *  in the flattened lengths. NaN wins. out and indices are contiguous. */
  Pool = 65,
  /** u32 lead | window << 8 | outer << 16, OPERAND out, OPERAND in, (lead + window + outer) x { u32 count, i32 outStride, i32 inStride } (outer >= 1).
   *  out[l + w + o] += in[l, w, o], for each l in order of w. Shares split the first lead level. */
  OverlapAdd = 66,
  /** u32 SortKind | Sort flags, EXTENT rows, EXTENT length, EXTENT keep, EXTENT groups, OPERAND values, OPERAND indices (int32), OPERAND in, OPERAND scratch (groups x (length * 16 + Sort.Counts) bytes).
   *  The first `keep` of each contiguous row in stable order, NaN above all numbers, -0 equal to 0; rows of one group share scratch. An operand without its flag is not touched. */
  Sort = 67,
  /** u32 MapOp | reverse << 16, EXTENT outer, EXTENT length, EXTENT inner, OPERAND out, OPERAND in, OPERAND factors: contiguous [outer, length, inner]. out[l] = out[l - 1] op in[l] for an
   *  addition, a multiplication or an extreme, factors[l] * out[l - 1] + in[l] for MulAddF (no other op reads factors); out[l + 1] in reverse; the first is that of `in`. */
  Cumulate = 68,
  /** u32 Attention flags, u32 groups, u32 rank, u32 queries, u32 keys, u32 depth, u32 width, f32 scale, i32 qRow, qColumn, kRow, kColumn, vRow, vColumn, maskRow, maskColumn, dOutRow, dOutColumn,
   *  rank x { u32 count, i32 qStride, kStride, vStride }, rank x { u32 count, i32 maskStride, lengthStride, dOutStride }, OPERAND out [queries, width] (Gradient: dq [queries, depth]),
   *  OPERAND logSums [queries] (dk [keys, depth]), OPERAND q [queries, depth], OPERAND k [keys, depth], OPERAND v [keys, width], OPERAND mask, OPERAND lengths (int32),
   *  with Gradient also OPERAND dv [keys, width], OPERAND logSums, OPERAND deltas [queries], OPERAND dOut [queries, width]; OPERAND workspace (groups x bytes; see ts/ops/attention-lowering.ts), u32 bytes.
   *  out = P V with P = softmax(scale Q K' + mask) by rows, logSums the logarithms of its denominators; a row without keys gives 0 and -inf. Results, logSums and deltas are contiguous.
   *  Gradient: dv = P' dOut; S = scale P * (dOut V' + deltas); dq = S K; dk = S' Q. An operand without its flag is not touched. */
  Attention = 69,
  /** u32 Standardize flags, EXTENT rows, EXTENT length, f32 epsilon, OPERAND out, OPERAND factors [rows], OPERAND in, with Derivative also OPERAND results: contiguous rows.
   *  factors = 1 / sqrt(mean((in - mean)^2) + epsilon), out = (in - mean) factors; Derivative: out = (in - mean(in) - results mean(in results)) factors, which are read. */
  Standardize = 70,
}

/** Flags of Standardize. */
export const enum Standardize {
  /** The mean counts as 0. */
  Uncentred = 1,
  Derivative = 2,
}

/** Flags of Attention. */
export const enum Attention {
  Gradient = 1,
  /** Query i sees keys 0 .. i. */
  Causal = 2,
  /** The mask is a bool: a key counts where it is not 0. */
  Mask = 4,
  /** The mask is a float that is added to the scaled scores. */
  Bias = 8,
  /** Only the first `lengths` keys count. */
  Lengths = 16,
  /** Few queries, nothing is packed: qColumn, kColumn and vColumn are 4. */
  Vectors = 32,
}

/** Flags of GemmViews. */
export const enum GemmViews {
  Accumulate = 1,
  /** A has one stride each way, aRow and aK: it is read where it lies. */
  DirectA = 2,
  /** C's rows are evenly spaced, cRow. */
  EvenC = 4,
}

export const enum PoolKind {
  Max = 0,
  /** Max without the indices. */
  MaxOnly = 1,
  Sum = 2,
}

/** The order of a Sort. */
export const enum SortKind {
  Float = 0,
  Signed = 1,
  Unsigned = 2,
}

export const enum Sort {
  Descending = 256,
  /** The values are written. */
  Values = 512,
  /** The indices are written. */
  Indices = 1024,
  /** Scratch bytes for counts of digits. */
  Counts = 24576,
}

/** How Copy walks memory; chosen by the compiler from the strides. */
export const enum CopyVariant {
  /** Any strides; runs that are contiguous on both sides are moved whole. */
  Strided = 0,
  /** The last dimension is contiguous in `out`, the last but one in `in`: a matrix transposition. */
  Transpose = 1,
}

/** How Gemm finds B; chosen by the compiler from the whole shape. */
export const enum GemmKind {
  /** B was packed by Pack. */
  Packed = 0,
  /** M = 1, B's rows contiguous (bN = 4): never packed. */
  VectorNN = 1,
  /** M = 1, B's columns contiguous (bK = 4): never packed. */
  VectorNT = 2,
  /** B as it lies: a few panels at a time are packed right before they are used. A's rows and columns have one stride each,
   *  that of columns below 2 KiB. */
  Unpacked = 3,
}

/** Scratch bytes that Gemm needs for each share: one packed block of A (160 x 512) and one tile. */
export const enum Gemm {
  Scratch = 331776,
}

export const enum SoftmaxKind {
  Softmax = 0,
  LogSoftmax = 1,
  /** One value a row, at out + row * outRow. */
  LogSumExp = 2,
}

export const enum CrossEntropyKind {
  /** out[row] = logsumexp(logits[row]) - logits[row, label]; outRow between values. */
  Loss = 0,
  /** out[row, :] = softmax(logits[row]) - oneHot(label). */
  Gradient = 1,
}

export const enum ThreefryKind {
  /** out[key, i] = x0 ^ x1 of threefry2x32(key, (0, i)): JAX's partitionable random bits. */
  Bits = 0,
  /** out[key, i, 0..1] = (x0, x1) of threefry2x32(key, (0, i)): JAX's split; count pairs. */
  Split = 1,
  /** As Split, of (c0, c1 + i): a key is four words, its own two and the counter (c0, c1): JAX's foldIn. */
  SplitAt = 2,
}

export const enum ReduceOp {
  SumF32 = 0,
  MaxF32 = 1,
  MinF32 = 2,
  ProdF32 = 3,
  SumI32 = 4,
  MaxI32 = 5,
  MinI32 = 6,
  ProdI32 = 7,
  MaxU32 = 8,
  MinU32 = 9,
}

/** One elementwise operation of a Map; a, b, c are its registers. Comparisons give 0 or 1. */
export const enum MapOp {
  Copy = 0,
  // float32, one argument
  NegF = 1, AbsF, SignF, FloorF, CeilF, RoundF, SqrtF, RsqrtF, ReciprocalF,
  ExpF = 10, Expm1F, LogF, Log1pF, SinF, CosF, TanhF, SigmoidF, ErfF, IsFiniteF, Log2F, Log10F, Exp2F, AsinhF,
  // float32, two arguments; max and min give NaN if either is NaN; rem has the dividend's sign
  AddF = 32, SubF, MulF, DivF, RemF, PowF, MaxF, MinF, Atan2F, HypotF,
  EqF = 48, NeF, LtF, LeF, GtF, GeF,
  // float32, three: a * b + c with two roundings
  MulAddF = 56,
  // 32-bit integers; division by zero gives all ones (-1), remainder by zero the dividend; truncating
  NegI = 64, AbsI, SignI, NotI, PopcntI, ClzI,
  AddI = 72, SubI, MulI, DivI, RemI, DivU, RemU, MaxI, MinI, MaxU, MinU, AndI, OrI, XorI, ShlI, ShrI, ShrU, PowI, PowU,
  EqI = 96, NeI, LtI, LeI, GtI, GeI, LtU, LeU, GtU, GeU,
  /** bool: 1 - a */
  NotB = 112,
  /** a ? b : c, any dtype, a a bool */
  Select = 113,
  // casts; float to integer truncates and saturates, NaN gives 0
  F32ToI32 = 120, F32ToU32, I32ToF32, U32ToF32, F32ToBool, I32ToBool,
}

/** Layout of the machine's state block, byte offsets; all fields u32. State lives in memory, never in globals. */
export const enum State {
  Code = 0,
  /** Where to start or resume, in words from Code. */
  Counter = 4,
  Slots = 8,
  /** Enclosing loops at Counter. */
  Depth = 12,
  Part = 16,
  Parts = 20,
  /** Loop iterations left before run() pauses at an End; 0xffffffff: no limit. */
  Fuel = 24,
  /** Report ring: address (0: none), capacity in words, words written so far (keeps counting when it wraps). */
  Report = 28,
  ReportCapacity = 32,
  ReportWritten = 36,
  /** Address of the barrier words shared by all parts; unused while Parts is 1. */
  Barrier = 40,
  /** Address of this share's tile scratch (State.TileBytes bytes) for Map, and for Reduce where columns are longer than 64. */
  Tiles = 44,
  /** Report words before the oldest report that is still whole in the ring: a reader starts there, and may move it up to ReportWritten. */
  ReportOldest = 48,
  /** 16 extent registers. */
  Extents = 64,
  /** 16 loops of 16 bytes: counter, end (exclusive), body (words), unused. */
  Loops = 128,
  Size = 384,
  /** 64 tiles of 512 words, one for each register of a Map, and the bookkeeping of its walk behind them. */
  TileBytes = 135232,
}

/** What run() returns. */
export const enum Status {
  Done = 0,
  Paused = 1,
  BadInstruction = 2,
}

/** First word of a report; then equation, number of words that follow, the words. Word i of all ever written lies at Report + (i % ReportCapacity) * 4. */
export const enum ReportKind {
  /** The words: the tag, the counters of the enclosing loops, outermost first, then what was printed, cut where the ring is too small. */
  Print = 1,
  /** The words: the counters of the enclosing loops, outermost first. */
  NonFinite = 2,
}
