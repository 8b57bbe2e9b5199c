"""Accelerators in containers: what the engine is asked for, which cell holds which, and what one without sees."""

import threading
import time
from dataclasses import replace

import pytest
from docker.errors import APIError

from sandbox import CellEnded, Limits, Profile, SandboxUnavailable
from sandbox.docker import DockerEngine
from sandbox.docker_config import accelerator, container
from sandbox.keeper import table
from sandbox.keeper.engine import KeptEngine
from sandbox.keeper.serving import Keeper
from tests.sandbox.nvidia import FIRST, SECOND
from tests.sandbox.programs import ask


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
