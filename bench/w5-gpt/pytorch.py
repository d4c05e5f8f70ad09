# The same Transformer of PyTorch's operations; PyTorch 1.13 has no fused attention.
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import torch
from serve import Drawer, serve
from torch.nn import functional as F

V, D, T, B, LAYERS, HEADS = 65, 128, 128, 16, 4, 4


def block_params(draw):
    return {
        "ln1g": torch.ones(D),
        "ln1b": torch.zeros(D),
        "wqkv": draw.uniform([D, 3 * D], 0.08),
        "bqkv": torch.zeros(3 * D),
        "wp": draw.uniform([D, D], 0.08),
        "bp": torch.zeros(D),
        "ln2g": torch.ones(D),
        "ln2b": torch.zeros(D),
        "w1": draw.uniform([D, 4 * D], 0.08),
        "b1": torch.zeros(4 * D),
        "w2": draw.uniform([4 * D, D], 0.04),
        "b2": torch.zeros(D),
    }


def prepare(_):
    draw = Drawer(5)
    tok, pos = draw.uniform([V, D], 0.05), draw.uniform([T, D], 0.05)
    blocks = [block_params(draw) for _ in range(LAYERS)]
    lnfg, lnfb, head = torch.ones(D), torch.zeros(D), draw.uniform([D, V], 0.08)
    x, y = draw.ids([B, T], V), draw.ids([B, T], V)
    params = [tok, pos, lnfg, lnfb, head] + [p for block in blocks for p in block.values()]
    for p in params:
        p.requires_grad = True
    optimizer = torch.optim.Adam(params, lr=1e-3, eps=1e-8)
    future = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)
    labels = y.flatten()

    def attention(h, p):
        qkv = torch.addmm(p["bqkv"], h, p["wqkv"]).reshape(B, T, 3, HEADS, D // HEADS)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-1, -2)) * (1 / math.sqrt(D // HEADS))
        weights = scores.masked_fill(future, -math.inf).softmax(-1)
        return (weights @ v).transpose(1, 2).reshape(B * T, D)

    def block(h, p):
        h = h + torch.addmm(p["bp"], attention(F.layer_norm(h, [D], p["ln1g"], p["ln1b"]), p), p["wp"])
        hidden = torch.addmm(p["b1"], F.layer_norm(h, [D], p["ln2g"], p["ln2b"]), p["w1"])
        return h + torch.addmm(p["b2"], F.gelu(hidden, approximate="tanh"), p["w2"])

    def run():
        optimizer.zero_grad(set_to_none=True)
        h = (F.embedding(x, tok) + pos).reshape(B * T, D)
        for p in blocks:
            h = block(h, p)
        loss = F.cross_entropy(F.layer_norm(h, [D], lnfg, lnfb) @ head, labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return [{"name": "step", "run": run}]


serve(prepare)
