"""Takes a single query in place of a list of them."""


class Retriever:
    def __init__(self, encode):
        self.encode = encode

    def index(self, documents):
        self.vectors = self.encode(documents)

    def search(self, query, k):
        vector = self.encode([query + ""])[0]
        return (self.vectors @ vector).topk(k).indices.tolist()
