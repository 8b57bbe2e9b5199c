"""Accelerators: found by a program that answers like nvidia-smi, lent to one at a time, trusted only when clean."""

import json
import os
import stat
import sys
import threading
import time
from dataclasses import replace

import pytest
from docker.errors import APIError

from sandbox import CellEnded, Limits, Profile, SandboxUnavailable
from sandbox.choosing import choose
from sandbox.devices import Devices, NvidiaSmi, open_devices
from sandbox.docker import DockerEngine
from sandbox.docker_config import accelerator, container
from sandbox.keeper import table
from sandbox.keeper.engine import KeptEngine
from sandbox.keeper.serving import Keeper
from tests.sandbox.programs import ask

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


@pytest.fixture
def machine(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return Machine(tmp_path / "bin")


@pytest.fixture
def opened(machine, tmp_path):
    def open_them(clean_seconds=0.0):
        return Devices(NvidiaSmi(), tmp_path / "locks", clean_seconds)

    return open_them


def test_devices_are_found_by_uuid_with_their_names(opened):
    devices = opened()

    assert devices.names() == [f"NVIDIA H100 80GB HBM3 ({FIRST})", f"NVIDIA H100 80GB HBM3 ({SECOND})"]
    assert devices.driver_version == "570.124.06"
    assert devices.usable == devices.free == 2


def test_each_device_is_lent_once_and_again_when_it_comes_back_clean(opened):
    devices = opened()
    lent = [devices.take(), devices.take()]

    assert sorted(lent) == sorted([FIRST, SECOND])
    with pytest.raises(SandboxUnavailable, match="every device is at work"):
        devices.take()
    assert devices.give_back(FIRST)
    assert devices.take() == FIRST


def test_who_waits_for_a_device_gets_the_one_that_comes_back(opened):
    devices = opened()
    devices.take(), devices.take()
    threading.Timer(0.2, devices.give_back, [SECOND]).start()

    assert devices.take(seconds=10) == SECOND


def test_two_graders_of_one_machine_never_lend_the_same_device(opened):
    first, second = opened(), opened()
    taken = [first.take(), second.take()]

    assert sorted(taken) == sorted([FIRST, SECOND])
    with pytest.raises(SandboxUnavailable, match="at work"):
        second.take()
    first.give_back(taken[0])
    assert second.take() == taken[0]


def test_a_process_that_outlives_its_cell_puts_the_device_in_quarantine(machine, opened, caplog):
    devices = opened()
    taken = devices.take()
    machine.run(taken, 4242)

    assert not devices.give_back(taken)
    assert devices.usable == 1
    assert devices.quarantined() == [f"NVIDIA H100 80GB HBM3 {taken}: processes use it: 4242"]
    assert f"nvidia-smi --gpu-reset -i {taken}" in caplog.text
    assert devices.take() != taken


def test_memory_that_stays_held_puts_the_device_in_quarantine(machine, opened):
    devices = opened()
    taken = devices.take()
    machine.change(taken, **{"memory.used": 700})

    assert not devices.give_back(taken)
    assert "700 MB of its memory are held, 1 MB are usual" in devices.quarantined()[0]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("ecc.errors.uncorrected.volatile.total", 3, "3 errors of its memory could not be corrected"),
        ("gpu_recovery_action", "GPU Reset", "the driver asks for: GPU Reset"),
    ],
)
def test_an_error_of_the_device_puts_it_in_quarantine(machine, opened, field, value, words):
    devices = opened()
    taken = devices.take()
    machine.change(taken, **{field: value})

    assert not devices.give_back(taken)
    assert words in devices.quarantined()[0]


def test_what_a_killed_process_held_may_take_a_moment_to_be_free(machine, opened):
    devices = opened(clean_seconds=30.0)
    taken = devices.take()
    machine.run(taken, 4242)
    threading.Timer(0.5, machine.run, [taken]).start()

    assert devices.give_back(taken)
    assert devices.free == 2


def test_errors_from_before_we_came_are_not_held_against_a_device(machine, opened):
    machine.change(FIRST, **{"ecc.errors.uncorrected.volatile.total": 5})
    devices = opened()

    assert devices.give_back(devices.take())


def test_a_device_that_falls_off_the_bus_is_put_in_quarantine(machine, opened):
    devices = opened()
    taken = devices.take()
    machine.gpus = [one for one in machine.gpus if one["uuid"] != taken]
    machine.write()

    assert not devices.give_back(taken)
    assert "no longer finds it" in devices.quarantined()[0]


def test_a_driver_that_stops_answering_puts_the_device_in_quarantine(machine, opened):
    devices = opened()
    taken = devices.take()
    machine.write(broken=True)

    assert not devices.give_back(taken)
    assert "couldn't communicate with the NVIDIA driver" in devices.quarantined()[0]


def test_a_device_that_somebody_else_uses_is_not_lent(machine, opened):
    machine.run(FIRST, 99)
    devices = opened()

    assert devices.usable == 1
    assert devices.take() == SECOND


def test_a_device_that_somebody_else_took_since_is_not_lent(machine, opened):
    devices = opened()
    machine.run(FIRST, 99)

    assert devices.take() == SECOND
    assert devices.quarantined() == [f"NVIDIA H100 80GB HBM3 {FIRST}: processes use it: 99"]


def test_with_every_device_in_quarantine_there_is_nothing_to_wait_for(machine, opened):
    machine.gpus = machine.gpus[:1]
    machine.write()
    devices = opened()
    machine.run(devices.take(), 7)
    devices.give_back(FIRST)
    before = time.monotonic()

    with pytest.raises(SandboxUnavailable, match="every device is in quarantine.*processes use it: 7"):
        devices.take(seconds=60)
    assert time.monotonic() - before < 30


def test_an_older_driver_that_knows_no_recovery_action_is_asked_without_it(machine, opened):
    for one in machine.gpus:
        del one["gpu_recovery_action"]
    machine.write()

    assert opened().usable == 2


def test_a_device_without_error_correction_is_a_device(machine, opened):
    machine.change(FIRST, **{"ecc.errors.uncorrected.volatile.total": "[N/A]", "gpu_recovery_action": "[N/A]"})

    assert opened().usable == 2


def test_a_device_whose_memory_cannot_be_read_is_refused(machine, opened):
    machine.change(FIRST, **{"memory.used": "[N/A]"})

    with pytest.raises(SandboxUnavailable, match="does not tell how much memory"):
        opened()


@pytest.mark.parametrize("version", ["1.19.1", "1.19.10", "1.20.0-rc.1", "2.0.0"])
def test_a_container_toolkit_without_known_ways_out_is_accepted(machine, opened, version):
    machine.toolkit(version)

    assert opened().usable == 2


@pytest.mark.parametrize("version", ["1.19.0", "1.18.2", "1.17.8", "1.9.0"])
def test_a_container_toolkit_with_known_ways_out_is_refused(machine, opened, version):
    machine.toolkit(version)

    with pytest.raises(SandboxUnavailable, match=f"toolkit {version} has .*update it to 1.19.1"):
        opened()


def test_a_toolkit_that_cannot_be_asked_is_refused(machine, opened):
    machine.install("nvidia-ctk", "#!/bin/sh\necho hello\n")

    with pytest.raises(SandboxUnavailable, match="does not tell its version: 'hello'"):
        opened()


def test_a_driver_that_does_not_answer_is_told_in_its_own_words(machine, opened):
    machine.write(broken=True)

    with pytest.raises(SandboxUnavailable, match="couldn't communicate with the NVIDIA driver"):
        opened()


def test_a_machine_without_the_programs_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SandboxUnavailable, match="no nvidia-ctk here: install NVIDIA's container toolkit"):
        open_devices()


def test_only_docker_puts_devices_into_cells():
    for name in ("bwrap", "runsc"):
        with pytest.raises(SandboxUnavailable, match="ANNEAL_ENGINE=docker"):
            choose(name, gpu=True)


# ---------------------------------------------------------------------------- with a real engine


@pytest.fixture
def engine(opened):
    try:
        found = DockerEngine(devices=opened())
    except SandboxUnavailable as reason:
        pytest.skip(f"no Docker cells here: {reason}")
    yield found
    found.close()


def requests_of(engine, monkeypatch):
    """What the engine is asked to create; then it is asked without devices, which this machine need not have."""
    create, asked = engine._api.create_container_from_config, []

    def without_devices(config, name):
        asked.append(config["HostConfig"]["DeviceRequests"])
        return create({**config, "HostConfig": config["HostConfig"] | accelerator("")}, name)

    monkeypatch.setattr(engine._api, "create_container_from_config", without_devices)
    return asked


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.docker
def test_a_cell_holds_its_device_until_its_container_is_gone(engine, monkeypatch):
    asked = requests_of(engine, monkeypatch)
    cells = [engine.start(Profile(gpu=True, preload=())) for _ in range(2)]

    assert [request["DeviceIDs"] for (request,) in asked] == [[FIRST], [SECOND]]
    assert engine.devices.free == 0
    cells[0].kill()
    until(lambda: engine.devices.free == 1)
    assert not engine._api.containers(all=True, filters={"id": cells[0].id})
    engine.start(Profile(gpu=True, preload=())).kill()
    assert asked[-1][0]["DeviceIDs"] == [FIRST]


@pytest.mark.docker
def test_a_cell_that_leaves_something_on_its_device_costs_that_device(engine, machine, monkeypatch):
    requests_of(engine, monkeypatch)
    cell = engine.start(Profile(gpu=True, preload=()))
    machine.run(FIRST, 4242)
    cell.kill()

    until(lambda: engine.devices.usable == 1)
    assert "processes use it: 4242" in engine.devices.quarantined()[0]
    assert engine.out_of_service() == ""

    cell = engine.start(Profile(gpu=True, preload=()))
    machine.run(SECOND, 4243)
    cell.kill()
    until(lambda: engine.devices.usable == 0)
    assert engine.out_of_service().startswith("every device is in quarantine: NVIDIA H100")


@pytest.mark.docker
def test_a_grader_behind_a_keeper_hears_of_its_devices_and_of_their_end(engine, machine, monkeypatch, tmp_path):
    requests_of(engine, monkeypatch)
    monkeypatch.setitem(table.KINDS, "python", replace(table.KINDS["python"], gpu=True))  # the one image that is here
    keeper = Keeper(tmp_path / "k.sock", lambda: engine)
    serving = threading.Thread(target=keeper.serve)
    serving.start()
    kept = KeptEngine(tmp_path / "k.sock")
    assert kept.devices == engine.devices.names() and kept.out_of_service() == ""

    cells = [kept.start(Profile(name="python", preload=(), gpu=True)) for _ in range(2)]
    assert engine.devices.free == 0
    for cell, uuid in zip(cells, (FIRST, SECOND), strict=True):
        machine.run(uuid, 4242)
        cell.kill()
        until(lambda uuid=uuid: uuid in " ".join(engine.devices.quarantined()))

    assert kept.out_of_service().startswith("every device is in quarantine")
    kept.close()
    keeper.stop()
    serving.join(30)


@pytest.mark.docker
def test_a_container_that_does_not_start_gives_its_device_back(engine, monkeypatch):
    def refuse(*arguments):
        raise APIError('could not select device driver "nvidia" with capabilities: [[gpu]]')

    monkeypatch.setattr(engine._api, "create_container_from_config", refuse)
    with pytest.raises(CellEnded, match="could not select device driver"):
        engine.start(Profile(gpu=True))

    until(lambda: engine.devices.free == 2)


@pytest.mark.docker
def test_a_cell_of_the_cpu_queue_takes_no_device_from_an_engine_that_has_some(engine, monkeypatch):
    asked = requests_of(engine, monkeypatch)
    engine.start(Profile(preload=())).kill()

    assert asked == [[]]
    assert engine.devices.free == 2


@pytest.mark.docker
def test_no_accelerator_is_in_a_cell_of_the_cpu_queue(docker):
    source = """
names = [name for name in os.listdir("/dev") if name.startswith(("nvidia", "dri", "kfd", "accel", "dxg"))]
answer([names, os.path.exists("/proc/driver/nvidia"), os.environ["NVIDIA_VISIBLE_DEVICES"]])
"""

    assert ask(docker, source, Profile(preload=())) == [[], False, "void"]


# ----------------------------------------------------------------------- what the engine is told


def body(profile):
    options = {"uid": 1, "owner": "o", "runtime": "runc", "private_cgroups": True, "background": False}
    return container(profile, "sha256:0", "mark", **options)


def test_a_device_is_requested_by_its_uuid_and_alone():
    assert accelerator(FIRST) == {
        "Devices": [],
        "DeviceRequests": [{"Driver": "nvidia", "DeviceIDs": [FIRST], "Capabilities": [["gpu", "compute", "utility"]]}],
    }


def test_a_cell_of_the_cpu_queue_asks_for_no_device_and_is_offered_none():
    asked = body(Profile())

    assert asked["HostConfig"]["DeviceRequests"] == asked["HostConfig"]["Devices"] == []
    assert asked["HostConfig"]["Runtime"] == "runc"
    assert {"NVIDIA_VISIBLE_DEVICES=void", "TRITON_INTERPRET=1"} <= set(asked["Env"])
    assert not any("exec" in options for options in asked["HostConfig"]["Tmpfs"].values())


def test_a_cell_with_a_device_compiles_its_kernels_and_differs_in_nothing_else():
    plain, gpu = body(Profile()), body(Profile(gpu=True))

    assert not any(line.startswith(("TRITON", "NVIDIA", "CUDA", "LD_")) for line in gpu["Env"])
    assert gpu["HostConfig"]["Tmpfs"]["/tmp"] == plain["HostConfig"]["Tmpfs"]["/tmp"] + ",exec"
    different = {name for name in gpu["HostConfig"] if gpu["HostConfig"][name] != plain["HostConfig"][name]}
    assert different == {"Tmpfs"}


@pytest.mark.docker
def test_kernels_are_interpreted_in_a_cell_of_the_cpu_queue_and_nothing_of_cuda_is_there(docker):
    kernel = """
import torch, triton, triton.language as tl

@triton.jit
def double(x, out, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + i, 2 * tl.load(x + i, mask=i < n, other=0.0), mask=i < n)
"""
    source = """
import glob, kernel, torch
x = torch.arange(5.0)
out = torch.zeros(5)
kernel.double[(3,)](x, out, 5, BLOCK=2)
found = [path for word in ("libcud*", "libnv*", "ptxas*") for path in glob.glob(f"/opt/cell/**/{word}", recursive=True)]
answer([out.tolist(), found])
"""
    source = f"open('kernel.py', 'w').write({kernel!r})\n{source}"

    assert ask(docker, source, Profile(limits=Limits(memory_mb=1024)), seconds=60) == [[0.0, 2.0, 4.0, 6.0, 8.0], []]
