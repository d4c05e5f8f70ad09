import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import torch
from serve import Drawer, serve

V, E, H, B, T, COUNT = 65, 128, 256, 32, 64, 5


def prepare(_):
    draw = Drawer(2)
    s = H**-0.5
    emb = draw.uniform([V, E], 0.5)
    layer, out = torch.nn.LSTM(E, H), torch.nn.Linear(H, V)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(draw.uniform([E, 4 * H], s).T)
        layer.weight_hh_l0.copy_(draw.uniform([H, 4 * H], s).T)
        layer.bias_ih_l0.copy_(draw.uniform([4 * H], s))
        layer.bias_hh_l0.zero_()
        out.weight.copy_(draw.uniform([H, V], s).T)
        out.bias.copy_(draw.uniform([V], s))
    ids = draw.ids([B, T], V)[0].tolist()
    start = (torch.zeros(1, 1, H), torch.zeros(1, 1, H))
    now = {"state": start, "position": 0}

    def run():
        token = ids[now["position"] % T]
        now["position"] += 1
        with torch.inference_mode():
            h, now["state"] = layer(emb[token].reshape(1, 1, E), now["state"])
            return out(h)[0, 0].tolist()

    def answers():
        now.update(state=start, position=0)
        return [run() for _ in range(COUNT)][-1]

    return [{"name": "token", "run": run, "answers": answers}]


serve(prepare)
