// The machine: runs an instruction list (format.ts) in one loop with one switch. All of its state lies in the state
// block, so that a run can pause and resume, and every share of the work replays the same list. The kernels are
// functions of their own because V8 never replaces a running wasm function by its optimised code, and because an
// engine's optimising compiler holds hundreds of times a function's size: wasm-opt, which would inline what has one
// caller, is told to leave them (package.json).
import { Opcode, State, Status } from './format'
import { address, extent, operandSize } from './operands'
import { barrier } from './barrier'
import { runExtension } from './extend'
import { checkInstruction, printInstruction } from './report'
import { mapInstruction } from './kernels/map'
import { copyAtInstruction, copyInstruction } from './kernels/copy'
import { fillInstruction, iotaInstruction } from './kernels/fill'
import { reduceInstruction } from './kernels/reduce'
import { argReduceInstruction } from './kernels/arg-reduce'
import { softmaxInstruction } from './kernels/softmax'
import { crossEntropyInstruction } from './kernels/cross-entropy'
import { takeInstruction } from './kernels/take'
import { scatterAddInstruction } from './kernels/scatter-add'
import { threefryInstruction } from './kernels/threefry'
import { packInstruction } from './kernels/pack'
import { gemmInstruction } from './kernels/gemm'

const MAX_DEPTH: u32 = 16

/** Runs from State.Counter at loop depth State.Depth and returns a Status; Counter says where it stopped. */
export function run(state: usize): i32 {
  const code = <usize>load<u32>(state, State.Code)
  const alone = load<u32>(state, State.Parts) <= 1
  let pc = code + (<usize>load<u32>(state, State.Counter) << 2)
  while (true) {
    const word = load<u32>(pc)
    if (!alone && load<i32>(pc, 4) < 0) barrier(state)
    const at = pc + 8
    switch (word & 0xffff) {
      case Opcode.Halt:
        return stop(state, code, pc, Status.Done)
      case Opcode.Loop: {
        const depth = load<u32>(state, State.Depth)
        if (depth == MAX_DEPTH) return stop(state, code, pc, Status.BadInstruction)
        if (enterLoop(at, state, depth, <u32>((pc - code) >> 2) + (word >> 16))) break
        pc += <usize>load<u32>(at, 8) << 2
        continue
      }
      case Opcode.End: {
        const fuel = load<u32>(state, State.Fuel)
        if (fuel == 0) return stop(state, code, pc, Status.Paused)
        if (fuel != u32.MAX_VALUE) store<u32>(state, fuel - 1, State.Fuel)
        const depth = load<u32>(state, State.Depth) - 1
        const frame = state + (<usize>depth << 4)
        const counter = load<u32>(frame, State.Loops) + 1
        if (counter != load<u32>(frame, State.Loops + 4)) {
          store<u32>(frame, counter, State.Loops)
          pc = code + (<usize>load<u32>(frame, State.Loops + 8) << 2)
          continue
        }
        store<u32>(state, depth, State.Depth)
        break
      }
      case Opcode.Branch:
        if (load<u32>(address(at, state)) != 0) break
        pc += <usize>load<u32>(at + operandSize(state)) << 2
        continue
      case Opcode.Jump:
        pc += <usize>load<u32>(at) << 2
        continue
      case Opcode.Break:
        if (load<u32>(address(at, state)) != 0) break
        pc += <usize>load<u32>(at + operandSize(state)) << 2
        store<u32>(state, load<u32>(state, State.Depth) - 1, State.Depth)
        continue
      case Opcode.Extent:
        setExtent(at, state)
        break
      case Opcode.Print:
        printInstruction(at, state)
        break
      case Opcode.Check:
        checkInstruction(at, state)
        break
      case Opcode.Map:
        mapInstruction(at, state)
        break
      case Opcode.Copy:
        copyInstruction(at, state)
        break
      case Opcode.Fill:
        fillInstruction(at, state)
        break
      case Opcode.Iota:
        iotaInstruction(at, state)
        break
      case Opcode.Reduce:
        reduceInstruction(at, state)
        break
      case Opcode.ArgReduce:
        argReduceInstruction(at, state)
        break
      case Opcode.Softmax:
        softmaxInstruction(at, state)
        break
      case Opcode.CrossEntropy:
        crossEntropyInstruction(at, state)
        break
      case Opcode.Take:
        takeInstruction(at, state)
        break
      case Opcode.ScatterAdd:
        scatterAddInstruction(at, state)
        break
      case Opcode.Threefry:
        threefryInstruction(at, state)
        break
      case Opcode.Pack:
        packInstruction(at, state)
        break
      case Opcode.Gemm:
        gemmInstruction(at, state)
        break
      case Opcode.CopyAt:
        copyAtInstruction(at, state)
        break
      default:
        if (!runExtension(word & 0xffff, at, state)) return stop(state, code, pc, Status.BadInstruction)
    }
    pc += <usize>(word >> 16) << 2
  }
}

function stop(state: usize, code: usize, pc: usize, status: Status): i32 {
  store<u32>(state, (pc - code) >> 2, State.Counter)
  return status
}

/** Opens the loop's frame; false when it makes no trip. */
function enterLoop(at: usize, state: usize, depth: u32, body: u32): bool {
  const trip = extent(at, state)
  if (trip == 0) return false
  const start = extent(at + 4, state)
  const frame = state + (<usize>depth << 4)
  store<u32>(frame, start, State.Loops)
  store<u32>(frame, start + trip, State.Loops + 4)
  store<u32>(frame, body, State.Loops + 8)
  store<u32>(state, depth + 1, State.Depth)
  return true
}

/** Sets an extent register from memory, clamped, so that data can never lead a kernel out of its operands. */
function setExtent(at: usize, state: usize): void {
  const source = load<i32>(address(at + 4, state))
  const limit = load<i32>(at + 4 + operandSize(state))
  store<u32>(state + (<usize>(load<u32>(at) & 0xf) << 2), min(max(source, 0), limit), State.Extents)
}
