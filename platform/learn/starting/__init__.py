"""From a fresh checkout to a running site: the set-up, and the supervisor over all processes.

What `./run` does before any package is installed uses the standard library alone, so nothing that
`fresh` imports may import more than that.
"""
