# expect: passed
# exercise: roomy
"""Lift its own limits, or be run when its group empties."""

import os
import sys

print("attempted", file=sys.stderr, flush=True)
for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified", "/cgroup"):
    for folder, _, names in os.walk(top):
        for name in names:
            if name in (
                "release_agent",
                "notify_on_release",
                "memory.limit_in_bytes",
                "memory.max",
                "pids.max",
                "cgroup.procs",
            ):
                try:
                    with open(os.path.join(folder, name), "w") as file:
                        file.write("1")
                    print("ESCAPED", folder, name)
                except OSError:
                    pass
        try:
            os.mkdir(os.path.join(folder, "mine"))
            print("ESCAPED mkdir", folder)
        except OSError:
            pass


def double(numbers):
    return [2 * number for number in numbers]
