"""The one process that speaks to the Docker engine, and what it lets others ask of it.

Whoever may speak to the engine owns the machine. A grader reads what strangers' programs wrote, so it
may not: it asks a keeper, over a unix socket, for cells of a kind in the keeper's own table, and gets
the connection to the streams of each. See docs/decisions for why.
"""
