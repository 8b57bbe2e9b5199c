"""Vectors kept in a list; each query sorts (−cosine, id)."""

import torch
import torch.nn.functional as F


class Retriever:
    def __init__(self, encode):
        self.encode = encode
        self.rows = []

    def index(self, documents):
        if documents:
            self.rows.extend(F.normalize(self.encode(documents).double(), dim=1))

    def search(self, queries, k):
        results = []
        matrix = torch.stack(self.rows) if self.rows else None
        for query in queries:
            if matrix is None:
                results.append([])
                continue
            vector = F.normalize(self.encode([query])[0].double(), dim=0)
            cosines = (matrix @ vector).tolist()
            order = sorted(range(len(cosines)), key=lambda i: (-cosines[i], i))
            results.append([(i, cosines[i]) for i in order[:k]])
        return results
