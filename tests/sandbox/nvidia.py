"""A machine with two accelerators, as programs tell of it that answer like NVIDIA's own."""

import json
import stat
import sys

FIRST, SECOND = "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77", "GPU-9b1c0f44-0f58-4a0a-9c19-31d5b9b0a6f1"

# Answers in the form that the driver's manual describes: fields in the order asked, ", " between them, what is
# not supported as [N/A], and what is wrong on standard output with a status above 0.
NVIDIA_SMI = """#!{python}
import json, pathlib, sys
state = json.loads(pathlib.Path({state!r}).read_text())
if state.get("broken"):
    print("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the "
          "latest NVIDIA driver is installed and running.")
    sys.exit(9)
options = dict(word[2:].split("=", 1) for word in sys.argv[1:])
assert options.pop("format") == "csv,noheader,nounits"
((what, fields),) = options.items()
fields = fields.split(",")
if what == "query-gpu":
    rows, known = state["gpus"], state.get("fields") or list(state["gpus"][0])
else:
    assert what == "query-compute-apps"
    rows, known = state["apps"], ["gpu_uuid", "pid", "used_memory"]
for field in fields:
    if field not in known:
        print(f'Field "{{field}}" is not a valid field to query.\\n')
        sys.exit(2)
for row in rows:
    print(", ".join(str(row[field]) for field in fields))
"""
NVIDIA_CTK = """#!/bin/sh
echo "NVIDIA Container Toolkit CLI version {version}"
echo "commit: 4c3fd1f4e8a5d3a1"
"""


def gpu(uuid, **changed):
    return {
        "uuid": uuid,
        "name": "NVIDIA H100 80GB HBM3",
        "driver_version": "570.124.06",
        "memory.used": 1,
        "ecc.errors.uncorrected.volatile.total": 0,
        "gpu_recovery_action": "None",
    } | changed


class Machine:
    """A machine with devices, as its programs tell of it."""

    def __init__(self, folder):
        self.folder, self.gpus, self.apps, self.more = folder, [gpu(FIRST), gpu(SECOND)], [], {}
        self.toolkit("1.19.1")
        self.install("nvidia-smi", NVIDIA_SMI.format(python=sys.executable, state=str(folder / "state.json")))
        self.write()

    def install(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def toolkit(self, version):
        self.install("nvidia-ctk", NVIDIA_CTK.format(version=version))

    def write(self, **more):
        self.more |= more
        draft = self.folder / "draft"
        draft.write_text(json.dumps({"gpus": self.gpus, "apps": self.apps, **self.more}))
        draft.replace(self.folder / "state.json")

    def change(self, uuid, **changed):
        next(one for one in self.gpus if one["uuid"] == uuid).update(changed)
        self.write()

    def run(self, uuid, *pids):
        self.apps = [{"gpu_uuid": uuid, "pid": pid, "used_memory": 512} for pid in pids]
        self.write()
