# expect: passed
# exercise: roomy
# own kernel grants: nice, processes
"""Ask for more of the machine than it was given."""

import os
import resource
import sys

print("attempted", file=sys.stderr, flush=True)
attempts = {
    "nice": lambda: os.nice(-10),
    "real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10)),
    "open files": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (10**6, 10**6)),
    "processes": lambda: resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6)),
    "core": lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)),
}
for name, attempt in attempts.items():
    try:
        attempt()
        print("ESCAPED", name)
    except (OSError, ValueError):
        pass


def double(numbers):
    return [2 * number for number in numbers]
