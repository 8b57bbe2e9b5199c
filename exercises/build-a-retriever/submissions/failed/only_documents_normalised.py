"""Queries keep their length."""

import torch


class Retriever:
    def __init__(self, encode):
        self.encode = encode
        self.vectors = None  # (documents, d), each of length 1

    def index(self, documents):
        """Add documents; their ids go on where the last ones ended."""
        if not documents:
            return
        new = directions(self.encode(documents))
        self.vectors = new if self.vectors is None else torch.cat([self.vectors, new])

    def search(self, queries, k):
        """For each query the k most similar documents as (id, cosine), best first, equal ones by id."""
        if self.vectors is None or not queries:
            return [[] for _ in queries]
        cosines = self.encode(queries) @ self.vectors.T  # (queries, documents)
        order = torch.argsort(cosines, dim=1, descending=True, stable=True)[:, :k]
        scores = cosines.gather(1, order)
        return [
            list(zip(ids, values, strict=True)) for ids, values in zip(order.tolist(), scores.tolist(), strict=True)
        ]


def directions(vectors):
    """Vectors of length 1; those of length 0 stay as they are, and their cosine with anything is 0."""
    lengths = vectors.norm(dim=1, keepdim=True)
    return vectors / torch.where(lengths == 0, 1.0, lengths)
