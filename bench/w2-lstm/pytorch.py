# PyTorch's own LSTM layer.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import torch
from serve import Drawer, serve

V, E, H, B, T = 65, 128, 256, 32, 64


def prepare(_):
    draw = Drawer(2)
    s = H**-0.5
    emb = torch.nn.Embedding(V, E)
    layer = torch.nn.LSTM(E, H, batch_first=True)
    out = torch.nn.Linear(H, V)
    with torch.no_grad():
        emb.weight.copy_(draw.uniform([V, E], 0.5))
        layer.weight_ih_l0.copy_(draw.uniform([E, 4 * H], s).T)
        layer.weight_hh_l0.copy_(draw.uniform([H, 4 * H], s).T)
        layer.bias_ih_l0.copy_(draw.uniform([4 * H], s))
        layer.bias_hh_l0.zero_()
        out.weight.copy_(draw.uniform([H, V], s).T)
        out.bias.copy_(draw.uniform([V], s))
    x, y = draw.ids([B, T], V), draw.ids([B, T], V)
    layer.bias_hh_l0.requires_grad = False  # the workload has one bias
    params = [p for m in (emb, layer, out) for p in m.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(params, lr=1e-3, eps=1e-8)
    labels = y.flatten()

    def run():
        optimizer.zero_grad(set_to_none=True)
        hs, _ = layer(emb(x))
        loss = torch.nn.functional.cross_entropy(out(hs).reshape(B * T, V), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 5)
        optimizer.step()
        return loss.item()

    return [{"name": "step", "run": run}]


serve(prepare)
