import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import torch
from serve import Drawer, serve

SHAPES = [(64,) * 3, (128,) * 3, (256,) * 3, (512,) * 3, (1024,) * 3, (32, 512, 2048), (1, 512, 2048)]


def case(M, K, N):
    draw = Drawer(1)
    a, b = draw.uniform([M, K], 1), draw.uniform([K, N], 1)
    positions = [0, N - 1, (M - 1) * N, M * N - 1] + [i * 7919 * 31 % (M * N) for i in range(1, 6)]
    return {
        "name": f"{M}x{K}x{N}",
        "run": lambda: a @ b,
        "answers": lambda: (a @ b).flatten()[positions].tolist(),
    }


def prepare(only):
    return [case(*shape) for shape in SHAPES if only is None or "x".join(map(str, shape)) in only]


serve(prepare)
