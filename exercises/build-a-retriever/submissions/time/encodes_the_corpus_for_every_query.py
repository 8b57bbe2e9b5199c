"""Keeps the texts and embeds all of them again for every single comparison."""


class Retriever:
    def __init__(self, encode):
        self.encode, self.documents = encode, []

    def index(self, documents):
        self.documents += documents

    def search(self, queries, k):
        found = []
        for query in queries:
            scored = []
            for number, document in enumerate(self.documents):
                a, b = self.encode([query])[0], self.encode([document])[0]
                lengths = float(a.norm() * b.norm())
                scored.append((number, float(a @ b) / lengths if lengths else 0.0))
            found.append(sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:k])
        return found
