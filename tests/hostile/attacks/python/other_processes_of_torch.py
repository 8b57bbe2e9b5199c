# expect: passed, error, time, memory
# exercise: torch
"""A group of processes, a server, a spawned worker."""

import os
import sys

import torch
import torch.distributed
import torch.multiprocessing

print("attempted", file=sys.stderr, flush=True)
os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29511")
torch.distributed.init_process_group("gloo", rank=0, world_size=1)
shared = torch.ones(1000).share_memory_()


def double(numbers):
    return numbers * 2
