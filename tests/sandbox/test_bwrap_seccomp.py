"""The filter of system calls: its program for both machines, and a real cell that tries every number."""

import errno
import platform
import re
import struct
from pathlib import Path

import pytest

from sandbox import docker_seccomp
from sandbox.bwrap_seccomp import ARCHITECTURES, MOUNT_FLAGS, NEWEST, REFUSED, filter_program, refused_numbers
from tests.sandbox.programs import ask, plain

ALLOW, KILL = 0x7FFF0000, 0x80000000
HEADERS = [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")]
NUMBERS = {
    "x86_64": {"clone": 56, "socket": 41, "mount": 165, "ioctl": 16, "prctl": 157, "read": 0, "personality": 135}
}
NUMBERS["aarch64"] = {
    "clone": 220,
    "socket": 198,
    "mount": 40,
    "ioctl": 29,
    "prctl": 167,
    "read": 63,
    "personality": 92,
}


def run(program, architecture, number, arguments=()):
    """What the kernel would do: a machine for the instructions that the filter uses."""
    words = (list(arguments) + [0] * 6)[:6]
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, architecture, 0, *words)
    code = list(struct.iter_unpack("<HBBI", program))
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif operation == 0x06:
            return value
        else:
            holds = {0x15: accumulator == value, 0x25: accumulator > value, 0x45: bool(accumulator & value)}[operation]
            at += if_true if holds else if_false


@pytest.fixture(params=sorted(ARCHITECTURES))
def call(request):
    """Ask the filter of one machine: 0 when allowed, else the error number."""
    machine = request.param
    program = filter_program(machine)

    def call(number, *arguments):
        if isinstance(number, str):
            number = NUMBERS[machine][number]
        result = run(program, ARCHITECTURES[machine][0], number, arguments)
        return 0 if result == ALLOW else result & 0xFFFF

    call.machine, call.program = machine, program
    return call


def test_every_refused_call_answers_with_its_error(call):
    for number, error in refused_numbers(call.machine).items():
        assert call(number) == error, number


def test_every_other_known_call_is_allowed(call):
    conditional = set(NUMBERS[call.machine].values())

    others = [n for n in range(NEWEST + 1) if n not in refused_numbers(call.machine) and n not in conditional]

    assert len(others) > 200
    assert [number for number in others if call(number) != 0] == []


def test_calls_newer_than_the_filter_do_not_exist(call):
    assert {call(number) for number in (NEWEST + 1, 1000, 0x40000000, 0x40000000 + 56, 2**32 - 1)} == {errno.ENOSYS}


def test_calls_of_another_architecture_end_the_caller(call):
    for architecture in {number for number, _ in ARCHITECTURES.values()} | {0x40000003}:
        if architecture != ARCHITECTURES[call.machine][0]:
            assert run(call.program, architecture, 0) == KILL


@pytest.mark.parametrize("flag", [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000])
def test_clone_makes_no_namespace(call, flag):
    threads = 0x3D0F00  # what pthread_create asks for

    assert call("clone", threads) == 0
    assert call("clone", threads | flag) == errno.EPERM
    assert call("clone", flag | 17) == errno.EPERM


def test_sockets_are_local_or_of_the_internet(call):
    allowed = [family for family in range(50) if call("socket", family, 1) == 0]

    assert allowed == [1, 2, 10]  # unix, inet, inet6
    assert call("socket", 16, 3) == errno.EAFNOSUPPORT  # netlink


def test_a_terminal_cannot_be_typed_into(call):
    assert call("ioctl", 0, 0x5412) == errno.EPERM
    assert call("ioctl", 0, 0x541C) == errno.EPERM
    assert call("ioctl", 0, 0x5401) == 0  # isatty
    assert call("ioctl", 0, 0x5412 | 1 << 32) == errno.EPERM  # the kernel reads 32 bits


def test_mount_is_only_what_the_first_program_needs(call):
    assert call("mount", 0, 0, 0, MOUNT_FLAGS) == 0
    for flags in (0, 0x1000, 0x20, MOUNT_FLAGS | 0x1000, 0x4000, 0x40000):
        assert call("mount", 0, 0, 0, flags) == errno.EPERM


def test_no_filter_may_be_added_and_no_personality_changed(call):
    assert call("prctl", 22) == errno.EPERM
    assert call("prctl", 15) == 0
    assert call("personality", 0xFFFFFFFF) == 0
    assert call("personality", 0x0040000) == errno.EPERM


def header_numbers():
    for header in HEADERS:
        if header.exists():
            return {name: int(n) for name, n in re.findall(r"#define __NR_(\w+)\s+(\d+)", header.read_text())}
    pytest.skip("no kernel headers for x86_64 here (package linux-libc-dev)")


def test_the_numbers_are_those_of_the_kernel_headers():
    numbers = header_numbers()

    wrong = {
        name: column[0]
        for calls in REFUSED.values()
        for name, column in calls.items()
        if column[0] is not None and numbers.get(name, column[0]) != column[0]
    }
    assert wrong == {}


def test_both_engines_refuse_the_same_calls():
    conditional = {"clone", "prctl", "personality", "socket", "ioctl", "mount", "capset"}
    refused = {name for calls in REFUSED.values() for name in calls}

    here = {name for name, number in header_numbers().items() if name not in refused and number <= NEWEST}

    assert here - conditional - docker_seccomp.ALLOWED == set()
    assert refused & docker_seccomp.ALLOWED == set()


SWEEP = """
import select
def attempt(number):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.dup2(os.open("/dev/null", os.O_RDWR), 0)
        os.write(writer, b"?")  # it ran
        result = raw(number, 0, 0, 0, 0, 0, 0)
        os.write(writer, result.encode() or b"ok")
        os._exit(0)
    os.close(writer)
    told = b""
    while select.select([reader], [], [], 0.5)[0]:
        part = os.read(reader, 100)
        if not part:
            break
        told += part
    os.close(reader)
    try: os.kill(pid, 9)
    except OSError: pass
    try: os.waitpid(pid, 0)
    except OSError: pass
    return told.decode()
answer({number: attempt(number) for number in [*range(0, 600), 0x40000000, 0x40000000 + 165]})
"""


def test_a_cell_tries_every_system_call(bwrap):
    told = {int(number): text for number, text in ask(bwrap, SWEEP, plain(processes=64), seconds=120).items()}
    refused = refused_numbers()

    assert told[{"x86_64": 39, "aarch64": 172}[platform.machine()]] == "?ok"  # getpid: the attempts are real
    assert {number: told[number] for number in refused} == {
        number: "?" + errno.errorcode[error] for number, error in refused.items()
    }
    assert {told[number] for number in told if number > NEWEST} == {"?ENOSYS"}
