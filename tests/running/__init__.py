"""`./test`: what the tests need on this machine, the checks, and the tests. Standard library only."""
