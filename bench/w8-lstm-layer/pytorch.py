import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import torch
from serve import Drawer, serve

V, E, H, T = 65, 128, 256, 128


def case(B):
    draw = Drawer(2)
    s = H**-0.5
    draw.uniform([V, E], 0.5)
    layer = torch.nn.LSTM(E, H)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(draw.uniform([E, 4 * H], s).T)
        layer.weight_hh_l0.copy_(draw.uniform([H, 4 * H], s).T)
        layer.bias_ih_l0.copy_(draw.uniform([4 * H], s))
        layer.bias_hh_l0.zero_()
    xs = Drawer(8).uniform([T, B, E], 1)

    def run():
        with torch.inference_mode():
            return layer(xs)[0]

    return {"name": f"B{B}", "run": run, "answers": lambda: run()[-1, 0].tolist()}


serve(lambda only: [case(B) for B in (1, 32) if only is None or f"B{B}" in only])
