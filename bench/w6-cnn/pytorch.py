# PyTorch's own convolutions and pools, which oneDNN runs.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import math

import torch
from serve import Drawer, serve
from torch.nn import functional as F

B = 64


def prepare(_):
    draw = Drawer(6)
    s2, sf = 1 / math.sqrt(250), 1 / math.sqrt(320)
    c1w, c1b = draw.uniform([10, 1, 5, 5], 0.2), draw.uniform([10], 0.2)
    c2w, c2b = draw.uniform([20, 10, 5, 5], s2), draw.uniform([20], s2)
    fw, fb = draw.uniform([320, 10], sf), draw.uniform([10], sf)
    x, y = draw.uniform([B, 1, 28, 28], 1), draw.ids([B], 10)
    params = [c1w, c1b, c2w, c2b, fw, fb]
    for p in params:
        p.requires_grad = True
    optimizer = torch.optim.SGD(params, lr=0.01)

    def run():
        optimizer.zero_grad(set_to_none=True)
        h = F.max_pool2d(F.relu(F.conv2d(x, c1w, c1b)), 2)
        h = F.max_pool2d(F.relu(F.conv2d(h, c2w, c2b)), 2)
        loss = F.cross_entropy(h.flatten(1) @ fw + fb, y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return [{"name": "step", "run": run}]


serve(prepare)
