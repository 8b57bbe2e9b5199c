from collections.abc import Callable

import torch


class Retriever:
    def __init__(self, encode: Callable[[list[str]], torch.Tensor]):
        """encode(n texts) → float32 tensor (n, d): one embedding a text, of any length."""
        ...

    def index(self, documents: list[str]) -> None:
        """Add documents. The first one ever indexed has id 0, the next one 1, and so on."""
        ...

    def search(self, queries: list[str], k: int) -> list[list[tuple[int, float]]]:
        """For each query: up to k pairs (id, cosine similarity), the best first."""
        ...
