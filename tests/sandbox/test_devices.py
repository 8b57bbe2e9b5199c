"""Accelerators: found by a program that answers like nvidia-smi, lent to one at a time, trusted only when clean."""

import threading
import time

import pytest

from sandbox import SandboxUnavailable
from sandbox.choosing import choose
from sandbox.devices import open_devices
from tests.sandbox.nvidia import FIRST, SECOND


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
