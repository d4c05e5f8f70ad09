# PyTorch's own RNN layer: its input weights are applied to one-hot rows, which picks rows of Wxh.
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import torch
from serve import Drawer, serve

V, H, T = 65, 64, 32


def prepare(_):
    draw = Drawer(4)
    wxh, whh, bh = draw.uniform([V, H], 1 / 8), draw.uniform([H, H], 1 / 8), draw.uniform([H], 1 / 8)
    why, by = draw.uniform([H, V], 1 / 8), draw.uniform([V], 1 / 8)
    x, y = draw.ids([1, T], V), draw.ids([1, T], V)
    rnn = torch.nn.RNN(V, H, batch_first=True)
    out = torch.nn.Linear(H, V)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(wxh.T)
        rnn.weight_hh_l0.copy_(whh.T)
        rnn.bias_ih_l0.copy_(bh)
        rnn.bias_hh_l0.zero_()
        out.weight.copy_(why.T)
        out.bias.copy_(by)
    rnn.bias_hh_l0.requires_grad = False  # the workload has one bias
    params = [p for p in [*rnn.parameters(), *out.parameters()] if p.requires_grad]
    optimizer = torch.optim.SGD(params, lr=0.1)
    one_hot = torch.nn.functional.one_hot(x, V).float()
    labels = y.flatten()

    def run():
        optimizer.zero_grad(set_to_none=True)
        hs, _ = rnn(one_hot)
        loss = torch.nn.functional.cross_entropy(out(hs).reshape(T, V), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return [{"name": "step", "run": run}]


serve(prepare)
