"""Programs that mean harm, each in a cell: it ends as it should, and an honest cell beside it notices nothing."""

import time

import pytest

from sandbox import CellEnded, Ended
from tests.sandbox.programs import ECHO, ask, how_it_ends, plain, soon, start, wait_until_gone

pytestmark = pytest.mark.docker

EXITED, TIME, MEMORY, OUTPUT, PROTOCOL = Ended.EXITED, Ended.TIME, Ended.MEMORY, Ended.OUTPUT, Ended.PROTOCOL

# Every program first prints that it ran; `also` are the ends that are as good, because limits race.
PROGRAMS = {
    "forks in a new session": (
        "while True:\n    try:\n        if os.fork() == 0: os.setsid(); os.closerange(0, 99)\n    except OSError: pass",
        (TIME, MEMORY),
    ),
    "ten thousand threads": (
        "[threading.Thread(target=time.sleep, args=(1000,)).start() for _ in range(10_000)]",
        (EXITED, TIME),
    ),
    "zombies": ("while True:\n    try:\n        if os.fork() == 0: os._exit(0)\n    except OSError: pass", (TIME,)),
    "stops itself": ("os.kill(os.getpid(), signal.SIGSTOP)", (TIME,)),
    "stops everything": ("os.kill(-1, signal.SIGSTOP); os.kill(0, signal.SIGSTOP)", (TIME, EXITED)),
    "a storm of timers": (
        "signal.signal(signal.SIGALRM, lambda *_: None)\n"
        "signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)\n"
        "while True: pass",
        (TIME,),
    ),
    "a regular expression without end": ("import re; re.match('(a+)+b', 'a' * 60)", (TIME,)),
    "a terabyte": ("import numpy; numpy.ones(2**40)", (EXITED,)),
    "a terabyte, reserved": ("import mmap; kept = mmap.mmap(-1, 2**43); time.sleep(0.1); sys.exit()", (EXITED,)),
    "sockets": ("kept = []\nwhile True: kept.append(socket.socketpair())", (EXITED,)),
    "full pipes": (
        "kept = []\n"
        "while True:\n"
        "    kept.append(os.pipe())\n"
        "    os.set_blocking(kept[-1][1], False)\n"
        "    os.write(kept[-1][1], b'x' * 65536)",
        (EXITED, MEMORY),
    ),
    "mappings": (
        "import mmap\nkept = []\nwhile True: kept.append(mmap.mmap(-1, 4096, prot=1 + len(kept) % 2))",
        (EXITED, MEMORY),
    ),
    "a full disk": ("with open('big', 'wb') as file:\n    while True: file.write(bytes(1 << 20))", (EXITED, MEMORY)),
    "a sparse petabyte": ("os.truncate(os.open('big', os.O_CREAT | os.O_RDWR), 2**50)", (EXITED,)),
    "a thousand folders deep": ("while True: os.mkdir('x'); os.chdir('x')", (EXITED,)),
    "names that are no text": ("[open(bytes([200, 255, n + 48]) * 80, 'w') for n in range(10)]; sys.exit()", (EXITED,)),
    "links out of its folder": (
        "os.symlink('/etc/passwd', 'link'); os.symlink('/', 'root')\n"
        "os.mkfifo('fifo'); os.rename('main.py', 'gone'); sys.exit()",
        (EXITED,),
    ),
    "a crash with a large core": ("kept = bytearray(10**8); ctypes.string_at(0)", (EXITED,)),
    "a line without end": ("while True: print('a', end='')", (OUTPUT,)),
    "one enormous write": ("os.write(2, b'x' * 10**8)", (OUTPUT,)),
    "noise on both streams": (
        "def flood():\n"
        "    while True: os.write(2, b'e' * 4096)\n"
        "threading.Thread(target=flood).start()\n"
        "while True: os.write(CHANNEL[1], b'\\0' * 4096)",
        (OUTPUT, PROTOCOL),
    ),
    "closes everything": ("os.closerange(0, 1000); time.sleep(1000)", (TIME, EXITED)),
    "closes its channel and ends": ("os.close(CHANNEL[0]); os.close(CHANNEL[1]); os._exit(0)", (EXITED,)),
    "reads everything that is for process one": (
        "for name in ('mem', 'environ', 'maps', 'fd/0', 'root/etc', 'cwd'):\n"
        "    try: open('/proc/1/' + name, 'rb').read(10); raise SystemExit('got it')\n"
        "    except OSError: pass\n"
        "os._exit(5)",
        (EXITED,),
    ),
    "writes to the pipes of process one": (
        "for number in (1, 2):\n"
        "    try: os.open(f'/proc/1/fd/{number}', os.O_WRONLY); raise SystemExit('got it')\n"
        "    except OSError: pass\n"
        "os._exit(5)",
        (EXITED,),
    ),
    "a library of its own": (
        "open('lib.so', 'wb').write(b'\\x7fELF'); error_of(ctypes.CDLL, './lib.so'); os._exit(5)",
        (EXITED,),
    ),
    "raises its limits": (
        "import resource\n"
        "for name in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK):\n"
        "    try: resource.setrlimit(name, (10**6, 10**6)); raise SystemExit('got it')\n"
        "    except (OSError, ValueError): pass\n"
        "os._exit(5)",
        (EXITED,),
    ),
}


@pytest.fixture(scope="module")
def honest(docker):
    cell = start(docker, ECHO)
    yield cell
    cell.kill()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_hostile_program_ends_as_it_should(docker, honest, name):
    source, ends = PROGRAMS[name]
    before = time.monotonic()
    limits = plain(processes=32, memory_mb=256, disk_mb=16, files=500, log_kb=64)

    ended = how_it_ends(docker, "os.write(2, b'it ran\\n')\n" + source, limits, seconds=2)

    assert ended.ended in ends, ended
    assert ended.log.startswith(b"it ran") and b"got it" not in ended.log
    assert time.monotonic() - before < 30
    honest.send(b"still there?", soon())
    assert honest.receive(100, soon()) == b"still there?"


def test_a_million_empty_frames_end_at_the_deadline_of_who_counts_them(docker):
    cell = start(docker, "while True: os.write(CHANNEL[1], bytes(4) * 1000)")
    until = soon(1)

    with pytest.raises(CellEnded) as caught:
        while True:
            assert cell.receive(10, until) == b""

    assert caught.value.ended is Ended.TIME


def test_nothing_of_one_cell_is_left_for_the_next(docker):
    first = start(
        docker,
        """
for folder in ("/tmp", "/dev/shm", os.getcwd()):
    open(folder + "/left", "w").write("by the first")
sock = socket.socket(socket.AF_UNIX); sock.bind("\\0left"); sock.listen()
os.environ["LEFT"] = "by the first"
answer(1)
time.sleep(100)
""",
    )
    first.receive(10, soon())
    first.kill()
    wait_until_gone(docker, first)
    source = """
found = [folder for folder in ("/tmp", "/dev/shm", os.getcwd()) if os.path.exists(folder + "/left")]
sock = socket.socket(socket.AF_UNIX)
answer([found, error_of(sock.connect, "\\0left"), os.environ.get("LEFT")])
"""
    assert ask(docker, source) == [[], "ECONNREFUSED", None]
