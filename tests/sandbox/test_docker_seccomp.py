"""The filter of container cells: the list itself, and a real cell that tries every number."""

import errno
import platform

import pytest

from sandbox import docker_seccomp
from sandbox.docker_seccomp import ALLOWED, CONDITIONAL, NOT_IMPLEMENTED
from tests.sandbox.programs import ask, plain
from tests.sandbox.test_bwrap_seccomp import SWEEP, header_numbers

# A machine's headers may be older than its kernel.
NEWEST = {451: "cachestat", 452: "fchmodat2", 453: "map_shadow_stack", 454: "futex_wake", 455: "futex_wait"}
NEWEST |= {456: "futex_requeue", 462: "mseal"}
# uretprobe and uprobe: what the kernel puts into a traced program itself, and lets past every filter.
PAST_EVERY_FILTER = {335, 336}
KILLED = "?"  # the attempt began, and nothing came of it


def test_no_call_is_both_allowed_and_refused():
    assert ALLOWED & NOT_IMPLEMENTED == set()
    assert CONDITIONAL & (ALLOWED | NOT_IMPLEMENTED) == set()


def test_every_word_of_the_list_is_a_call_of_this_machine():
    known = set(header_numbers())

    assert ALLOWED - known - set(NEWEST.values()) == set()
    assert CONDITIONAL <= known


@pytest.mark.docker
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers here are those of x86_64")
def test_a_cell_tries_every_system_call(docker):
    told = {int(number): text for number, text in ask(docker, SWEEP, plain(processes=64), seconds=120).items()}
    names = NEWEST | {number: name for name, number in header_numbers().items()}
    refused = {errno.errorcode[errno.EPERM], errno.errorcode[errno.ENOSYS]}

    assert told[39] == "?ok"  # getpid: the attempts are real
    reached = {names.get(number, number) for number, text in told.items() if text[1:] not in refused}
    # A 32-bit or x32 call ends its caller, and what answers nothing waits, exits or changes the program.
    assert reached - ALLOWED - CONDITIONAL - PAST_EVERY_FILTER == {0x40000000, 0x40000000 + 165}
    assert {told[number] for number in (0x40000000, 0x40000000 + 165)} == {KILLED}
    assert {told[number] for number, name in names.items() if name in NOT_IMPLEMENTED} == {"?ENOSYS"}
    assert all(told[number] == "?EPERM" for number, name in names.items() if name in ("ptrace", "bpf", "keyctl"))


CONDITIONS = """
flags = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]
def clone(flag):
    result = libc.syscall(ctypes.c_long(56), ctypes.c_long(flag | 17), 0, 0, 0, 0)
    if result == 0: os._exit(0)
    return "" if result > 0 else "refused"
families = [family for family in range(50) if error_of(socket.socket, family, socket.SOCK_STREAM) not in ("EPERM",)]
answer({
    "clone": [clone(0), *(clone(flag) for flag in flags)],
    "families": families,
    "prctl": [raw(157, 22, 2, 0, 0, 0), raw(157, 15, b"name", 0, 0, 0)],
    "personality": [raw(135, 0xFFFFFFFF), raw(135, 0x0040000)],
    "fifo": error_of(os.mkfifo, "fifo"),
    "device": error_of(os.mknod, "device", 0o20600, os.makedev(1, 3)),
})
"""


@pytest.mark.docker
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers here are those of x86_64")
def test_calls_that_depend_on_an_argument(docker):
    told = ask(docker, CONDITIONS)

    assert told["clone"] == ["", *["refused"] * 7]
    assert told["families"] == list(docker_seccomp.FAMILIES)
    assert told["prctl"] == ["EPERM", ""]
    assert told["personality"] == ["", "EPERM"]
    assert (told["fifo"], told["device"]) == ("None", "EPERM")


@pytest.mark.docker
def test_what_honest_programs_do_still_works(docker):
    source = """
import asyncio, concurrent.futures, multiprocessing, tempfile
def double(number): return 2 * number
async def later(): await asyncio.sleep(0.01); return "later"
with concurrent.futures.ThreadPoolExecutor(2) as threads:
    doubled = list(threads.map(double, range(3)))
context = multiprocessing.get_context("fork")
with context.Pool(2) as pool:
    pooled = pool.map(double, range(3))
with tempfile.NamedTemporaryFile() as file:
    file.write(b"x"); file.flush(); size = os.stat(file.name).st_size
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
said = subprocess.run([sys.executable, "-I", "-c", "print('child')"], capture_output=True, text=True).stdout
answer([doubled, pooled, size, asyncio.run(later()), said])
"""

    assert ask(docker, source) == [[0, 2, 4], [0, 2, 4], 1, "later", "child\n"]


@pytest.mark.docker
def test_a_data_loader_with_workers_works(docker):
    source = """
import torch
class Squares(torch.utils.data.Dataset):
    def __len__(self): return 8
    def __getitem__(self, index): return torch.tensor(float(index * index))
loader = torch.utils.data.DataLoader(Squares(), batch_size=4, num_workers=2)
answer([batch.tolist() for batch in loader])
"""

    assert ask(docker, source, plain(memory_mb=1024), seconds=60) == [[0.0, 1.0, 4.0, 9.0], [16.0, 25.0, 36.0, 49.0]]
