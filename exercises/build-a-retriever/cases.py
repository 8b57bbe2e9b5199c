"""What is asked of `Retriever`. Stays with the judge: only texts and vectors reach the learner's code."""

import math

import torch

from graders.kit import Case, Step, mismatch

CLOSE = 1e-4  # of a cosine in float32


# ------------------------------------------------------------------------------------------- checks


def ranked(got, want, asked):
    """Every query's list: form, scores, order, ties, and that nothing better was left out."""
    deliveries, queries, k = asked.args
    documents = [row for batch in deliveries for row in batch["rows"]]
    cosines = [[cosine(query, row) for row in documents] for query in queries["rows"]]
    return form(got, len(cosines), len(documents), k) or first(
        judged(pairs, true, number) for number, (pairs, true) in enumerate(zip(got, cosines, strict=True))
    )


def cosine(a, b):
    """In float64. Of two vectors whose cosine is exact in binary, exactly that."""
    a, b = a.double(), b.double()
    lengths = math.sqrt(float(a @ a)) * math.sqrt(float(b @ b))
    return float(a @ b) / lengths if lengths else 0.0


def form(got, queries, documents, k):
    if not isinstance(got, list | tuple) or len(got) != queries:
        return mismatch(
            "structure", en=f"One list for each of the {queries} queries.", zh=f"{queries} 个查询各要一个列表。"
        )
    for number, pairs in enumerate(got):
        expected = min(k, documents)
        if not isinstance(pairs, list | tuple) or len(pairs) != expected:
            found = len(pairs) if isinstance(pairs, list | tuple) else type(pairs).__name__
            return mismatch(
                "structure",
                en=f"Query {number}: {expected} results were expected, {found} came back.",
                zh=f"查询 {number}：应有 {expected} 个结果，得到 {found}。",
            )
        if not all(is_pair(pair, documents) for pair in pairs):
            return mismatch(
                "structure",
                en=f"Query {number}: a result is a pair (id, score): an int from 0 to {documents - 1} and a float.",
                zh=f"查询 {number}：每个结果是一对 (编号, 分数)，编号是 0 到 {documents - 1} 的 int，分数是 float。",
            )
        if len({pair[0] for pair in pairs}) != len(pairs):
            return mismatch(
                "property", en=f"Query {number}: a document is listed twice.", zh=f"查询 {number}：有文档出现了两次。"
            )


def is_pair(pair, documents):
    return (
        isinstance(pair, list | tuple)
        and len(pair) == 2
        and type(pair[0]) is int
        and 0 <= pair[0] < documents
        and type(pair[1]) is float
    )


def judged(pairs, true, number):
    """One query's results against the true cosines."""
    for place, (document, score) in enumerate(pairs):
        if not (abs(score - true[document]) <= CLOSE):
            return mismatch(
                "property",
                en=f"Query {number}: document {document} scores {score:.4f}; its cosine is {true[document]:.4f}.",
                zh=f"查询 {number}：文档 {document} 的分数是 {score:.4f}，它的余弦是 {true[document]:.4f}。",
            )
        above = true[pairs[place - 1][0]] if place else math.inf
        if not (true[document] <= above + CLOSE):
            return mismatch(
                "property",
                en=f"Query {number}: result {place + 1} is better than the one before it.",
                zh=f"查询 {number}：第 {place + 1} 个结果比前一个更好。",
            )
        if place and true[document] == above and document < pairs[place - 1][0]:
            return tie(number)
    listed = {document for document, _ in pairs}
    last_score, last = (true[pairs[-1][0]], pairs[-1][0]) if pairs else (math.inf, -1)
    for document, score in enumerate(true):
        if document not in listed and score > last_score + CLOSE:
            return mismatch(
                "property",
                en=f"Query {number}: document {document}, cosine {score:.4f}, is missing.",
                zh=f"查询 {number}：缺了文档 {document}，它的余弦是 {score:.4f}。",
            )
        if document not in listed and score == last_score and document < last:
            return tie(number)
    return None


def tie(number):
    return mismatch(
        "property",
        en=f"Query {number}: of two equal scores the one that was indexed earlier comes first.",
        zh=f"查询 {number}：分数相等时，先入索引的排在前面。",
    )


def ranked_twice(got, want, asked):
    if not isinstance(got, list) or len(got) != 2:
        return mismatch("structure", en="Two answers were expected.", zh="应有两个结果。")
    if got[0] != got[1]:
        return mismatch("property", en="The second search gave another answer.", zh="第二次检索给出了不同的结果。")
    return ranked(got[0], want[0], asked)


def first(found):
    return next((one for one in found if one is not None), None)


def recall(answers, relevant):
    """The share of queries whose one relevant document is among the results."""
    return sum(truth in [pair[0] for pair in pairs] for pairs, truth in zip(answers, relevant, strict=True)) / len(
        relevant
    )


def recalls(relevant, documents):
    def check(got, want, asked):
        found = form(got, len(relevant), documents, asked.args[1])
        if found:
            return found
        # The floor is what exact search reaches on this very corpus, less one query that may sit on the border.
        floor = recall(want, relevant) - 1.01 / len(relevant)
        reached = recall(got, relevant)
        if not (reached >= floor):
            return mismatch(
                "property",
                en=f"Recall at {asked.args[1]} is {reached:.2f} here; exact search reaches at least {floor:.2f}.",
                zh=f"在这批文档上，前 {asked.args[1]} 名的召回率是 {reached:.2f}；精确检索至少能达到 {floor:.2f}。",
                recall=round(reached, 4),
            )

    return check


# ------------------------------------------------------------------------------------------ vectors


def batch(rows, name, start=0):
    return {"texts": [f"{name} {start + i}" for i in range(len(rows))], "rows": rows}


def random_rows(rng, count, width):
    """Directions at random, lengths over four orders of magnitude."""
    lengths = 10.0 ** rng.uniform(-2, 2, (count, 1))
    return torch.from_numpy(rng.standard_normal((count, width)) * lengths).float()


def table(name, documents, queries, k, call="from_table", check=ranked, points=1.0):
    """`documents`: one tensor a delivery."""
    start, deliveries = 0, []
    for rows in documents:
        deliveries.append(batch(rows, "document", start))
        start += len(rows)
    return Case(name, call, [deliveries, batch(queries, "query"), k], check, points=points)


def exact_rows(rng, count):
    """Vectors whose cosines are exact in binary, so that equal ones are equal in every order of summation."""
    kinds = torch.tensor(
        [[2.0, 0, 0, 0], [1, 1, 1, 1], [0, 4, 0, 0], [1, -1, 1, -1], [0, 0, 0, 8], [0.5, 0.5, 0.5, 0.5]]
    )
    return kinds[torch.from_numpy(rng.integers(0, len(kinds), count))]


def samples(rng):
    documents = torch.tensor([[3.0, 4.0], [1.0, 0.0], [0.0, -2.0]])
    queries = torch.tensor([[1.0, 0.0], [0.0, 5.0]])
    yield table("three documents, two queries", [documents], queries, 2)
    yield table("k is larger than the corpus", [documents], queries[1:], 10)


def cases(rng):
    for _ in range(3):
        documents, queries = random_rows(rng, 53, 17), random_rows(rng, 7, 17)
        yield table("vectors of any length", [documents], queries, 5, points=2)
    yield table("every document, the opposite ones last", [random_rows(rng, 13, 5)], random_rows(rng, 3, 5), 13)
    yield table("the best one", [random_rows(rng, 29, 11)], random_rows(rng, 5, 11), 1)
    for k in (4, 20):
        yield table("ties go to the earlier document", [exact_rows(rng, 20)], exact_rows(rng, 6), k)
    zeros = random_rows(rng, 11, 7)
    zeros[[2, 5]] = 0
    yield table("vectors of zeros", [zeros], torch.cat([random_rows(rng, 2, 7), torch.zeros(1, 7)]), 11)
    yield table("nothing indexed, nothing asked", [], random_rows(rng, 2, 3), 4)
    yield table("nothing indexed, nothing asked", [random_rows(rng, 4, 3)], torch.empty(0, 3), 4)
    parts = [random_rows(rng, count, 13) for count in (5, 1, 17)]
    yield table("documents in three deliveries", parts, random_rows(rng, 5, 13), 9)
    yield table(
        "searching changes nothing", [random_rows(rng, 19, 7)], random_rows(rng, 4, 7), 6, "twice", ranked_twice
    )
    yield large(rng)
    for _ in range(3):
        yield meaning(rng)


def large(rng):
    documents = torch.from_numpy(rng.standard_normal((4000, 96))).float()
    queries = torch.from_numpy(rng.standard_normal((150, 96))).float()
    return table("4,000 documents, in time", [documents], queries, 10, check=quickly_ranked, points=2)


def quickly_ranked(got, want, asked):
    """As `ranked`, on whole matrices: 600,000 cosines one by one would take the judge too long."""
    deliveries, queries, k = asked.args
    rows = deliveries[0]["rows"].double()
    asked_for = queries["rows"].double()
    true = (asked_for / asked_for.norm(dim=1, keepdim=True)) @ (rows / rows.norm(dim=1, keepdim=True)).T
    found = form(got, len(asked_for), len(rows), k)
    if found:
        return found
    ids = torch.tensor([[pair[0] for pair in pairs] for pairs in got])
    scores = torch.tensor([[pair[1] for pair in pairs] for pairs in got]).double()
    best = true.topk(k, dim=1).values
    if not bool(((scores - true.gather(1, ids)).abs() <= CLOSE).all() and ((scores - best).abs() <= CLOSE).all()):
        return mismatch(
            "property",
            en="Among 4,000 documents the best ten are not all found, or their scores are not their cosines.",
            zh="在 4,000 个文档中，最好的十个没有全部找到，或者分数不是它们的余弦。",
        )


# ---------------------------------------------------------------------------------------- sentences

PLACES = "Porto Tartu Ghent Cork Graz Brno Aarhus Lund Split Bergen Siena Cádiz Ulm Nantes Leeds Turku".split()
# What somebody does, and the same asked for in other words.
DEEDS = [
    ("repairs antique clocks", "Who mends old timepieces"),
    ("bakes sourdough bread before sunrise", "Who makes loaves early in the morning"),
    ("teaches children to swim", "Who gives kids lessons in the pool"),
    ("breeds racing pigeons", "Who raises birds for competitions"),
    ("translates Korean poetry", "Who renders verse from Seoul into another language"),
    ("flies rescue helicopters", "Who pilots emergency aircraft"),
    ("restores oil paintings", "Who conserves works of art on canvas"),
    ("grows mushrooms in a cellar", "Who cultivates fungi underground"),
    ("writes software for hospitals", "Who programs computers for clinics"),
    ("drives the night tram", "Who steers public transport after dark"),
    ("sells second-hand bicycles", "Who deals in used bikes"),
    ("studies volcanoes", "Who does research on lava and eruptions"),
    ("plays the cello in an orchestra", "Who performs string music with an ensemble"),
    ("builds wooden boats", "Who is a shipwright working with timber"),
    ("treats injured horses", "Who heals hurt animals in the stable"),
    ("designs wedding dresses", "Who creates gowns for brides"),
]


def meaning(rng):
    """A fresh corpus: who does what where. Each query has one document that answers it."""
    facts = [(deed, place) for deed in range(len(DEEDS)) for place in rng.choice(PLACES, 5, replace=False)]
    facts = [facts[i] for i in rng.permutation(len(facts))]
    number = 100 + rng.permutation(800)
    documents = [f"Resident {number[i]} of {place} {DEEDS[deed][0]}." for i, (deed, place) in enumerate(facts)]
    chosen = rng.choice(len(facts), 20, replace=False).tolist()
    queries = [f"{DEEDS[facts[i][0]][1]} in {facts[i][1]}?" for i in chosen]
    return Case(
        "real sentences: recall at 3",
        "search_sentences",
        [queries, 3],
        recalls(chosen, len(documents)),
        before=[Step("index_sentences", [documents])],
        points=3,
    )
