# The process of a contestant in Python: the same lines of JSON as serve.mjs, and the workloads' initial values.
import json
import resource
import statistics
import sys
import time

import torch

torch.set_num_threads(1)


class Drawer:
    """Draws tensors and token ids from one stream of uniform numbers (mulberry32), in the order of the calls."""

    def __init__(self, seed):
        self.state = seed

    def random(self):
        mask = 0xFFFFFFFF
        self.state = (self.state + 0x6D2B79F5) & mask
        s = self.state
        t = ((s ^ (s >> 15)) * (1 | s)) & mask
        t = ((t + ((t ^ (t >> 7)) * (61 | t))) & mask) ^ t
        return (t ^ (t >> 14)) / 4294967296

    def _list(self, shape, draw):
        count = 1
        for length in shape:
            count *= length
        return [draw() for _ in range(count)]

    def uniform(self, shape, scale):
        values = self._list(shape, lambda: (self.random() * 2 - 1) * scale)
        return torch.tensor(values, dtype=torch.float32).reshape(shape)

    def ids(self, shape, below):
        return torch.tensor(self._list(shape, lambda: int(self.random() * below))).reshape(shape)


def introduce(case):
    start = time.perf_counter()
    results = [case["run"]()]
    first = (time.perf_counter() - start) * 1000
    start = time.perf_counter()
    results += [case["run"]() for _ in range(4)]
    case["guess"] = (time.perf_counter() - start) / 4
    answers = case["answers"]() if "answers" in case else results
    return {"name": case["name"], "first": first, "answers": answers}


def timed_round(case, clock):
    now = time.process_time if clock == "cpu" else time.perf_counter
    repeats = max(1, round(0.03 / case["guess"]))
    samples = []
    case["run"]()
    for _ in range(5 if case["guess"] < 0.1 else 3):
        start = now()
        for _ in range(repeats):
            case["run"]()
        samples.append((now() - start) * 1000 / repeats)
    return statistics.median(samples)


def serve(prepare):
    cases = []
    for line in sys.stdin:
        message = json.loads(line)
        if message["ask"] == "prepare":
            cases = prepare(message.get("only"))
            answer = {"cases": [introduce(case) for case in cases]}
        elif message["ask"] == "round":
            case = next(case for case in cases if case["name"] == message["name"])
            start, busy = time.perf_counter(), time.process_time()
            ms = timed_round(case, message["clock"])
            answer = {"ms": ms, "share": (time.process_time() - busy) / (time.perf_counter() - start)}
        else:
            answer = {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        print("@" + json.dumps(answer), flush=True)
        if message["ask"] == "end":
            return
