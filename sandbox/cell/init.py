"""Process 1 of a container cell: starts the program, reaps what it leaves, tells its end, ends with its owner.

Runs as `python -I -S -c <this> SECONDS MARK HOME PROGRAM ARGUMENT…`. The program is not process 1
itself, so that signals mean to it what they mean everywhere else, and so that the control group, in
which the engine reads whether the memory limit struck, outlives it. Its end is told on the channel:
four bytes that no frame starts with, MARK, and the exit code in three digits.
"""

import array
import ctypes
import fcntl
import os
import select
import signal
import sys
import termios
import time

PR_SET_DUMPABLE = 4
LOG_SECONDS = 1.0
GRACE_SECONDS = 0.2


def hide():
    """Nobody in the cell, though of the same user, may look into this process or change it."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def wake_on_child():
    """A descriptor that becomes readable when a child ends. Process 1 is sent no signal it does not handle."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader


def reap(child):
    """Take in every ended child. The exit status of `child`, or None while it runs."""
    status = None
    while True:
        try:
            pid, found = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == 0:
            return status
        if pid == child and not os.WIFSTOPPED(found):  # one that has itself traced stops, and has not ended
            status = found


def watch(child, wake, until):
    """Wait for the end of `child`, the owner or the lifetime. The status of `child`, None if it lives."""
    poll = select.poll()
    poll.register(0, 0)  # only that nobody holds the other end any longer
    poll.register(wake, select.POLLIN)
    while time.monotonic() < until:
        ready = [fd for fd, _ in poll.poll(max(0.0, until - time.monotonic()) * 1000 + 1)]
        if wake in ready:
            os.read(wake, 4096)
            status = reap(child)
            if status is not None:
                return status
        elif ready:
            poll.unregister(0)
            until = min(until, time.monotonic() + GRACE_SECONDS)
    return None


def wait_for_readers(fd):
    """Until what was printed has left the pipe, so that it arrives before the news of the end."""
    until, waiting = time.monotonic() + LOG_SECONDS, array.array("i", [1])
    while waiting[0] and time.monotonic() < until:
        fcntl.ioctl(fd, termios.FIONREAD, waiting)
        time.sleep(0.002)


def tell(mark, status):
    code = os.waitstatus_to_exitcode(status)
    wait_for_readers(2)
    os.write(1, b"\xff\xff\xff\xff" + mark.encode() + b"%03d" % (code if code >= 0 else 128 - code))


def main():
    lifetime, mark, home, command = float(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
    hide()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python handles it, so that a cell's program could interrupt us
    os.mkdir(home, 0o700)
    os.chdir(home)
    until = time.monotonic() + lifetime
    wake = wake_on_child()
    child = os.fork()
    if child == 0:
        os.execv(command[0], command)
    status = watch(child, wake, until)
    if status is not None:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
        tell(mark, status)
        poll = select.poll()
        poll.register(0, 0)
        poll.poll(max(0.0, until - time.monotonic()) * 1000)
    os._exit(1)  # and with process 1 the kernel ends all others


if __name__ == "__main__":
    main()
