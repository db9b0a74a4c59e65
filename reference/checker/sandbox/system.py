"""What is asked of the system for the process of the code under test: its end and its limits.

Where the system has no such thing, nothing is done. Used on both sides, and imports nothing of the
checker.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys

PARENT_DEATH_SIGNAL, GET_DUMPABLE, DUMPABLE, KEEP_CAPABILITIES = 1, 3, 4, 8  # of prctl(2)
CHILD_SUBREAPER, NO_NEW_PRIVILEGES, AMBIENT = 36, 38, 47
READ_ALL = 1 << 2  # the capability to read all files
NOBODY = 65534
MAX_MEMORY = 4 << 30  # bytes; more is a MemoryError
MAX_TASKS = 256  # processes and threads
MAX_FILE = 64 << 20  # bytes; more is an OSError


def prctl(option: int, value: int = 0, *more: int) -> int:
    """Call prctl(2); −1 where it fails or the system has none."""
    if sys.platform != "linux":  # pragma: no cover (on other systems alone)
        return -1
    return int(ctypes.CDLL(None).prctl(option, value, *(*more, 0, 0, 0)[:3]))


def limit_resources(sandboxed: bool) -> None:
    """Limit memory, processes, threads and sizes of files; leave no core, and no way to root."""
    try:
        import resource  # not on Windows
    except ImportError:
        return
    prctl(NO_NEW_PRIVILEGES, 1)
    limits = {"RLIMIT_CORE": 0, "RLIMIT_DATA": MAX_MEMORY, "RLIMIT_FSIZE": MAX_FILE}
    if not sandboxed:
        limits["RLIMIT_NPROC"] = MAX_TASKS + tasks_of_user(os.getuid())
    elif not counts_all_namespaces():
        limits["RLIMIT_NPROC"] = MAX_TASKS
    for name, value in limits.items():
        with contextlib.suppress(AttributeError, ValueError, OSError):
            kind = getattr(resource, name)
            highest = resource.getrlimit(kind)[1]
            value = value if highest == resource.RLIM_INFINITY else min(value, highest)
            resource.setrlimit(kind, (value, value))


def counts_all_namespaces() -> bool:
    """Whether Linux counts the tasks of a user outside the namespace too, as before 5.14."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int("".join(filter(str.isdigit, minor)))) < (5, 14)


def tasks_of_user(uid: int) -> int:
    """How many processes and threads a user has."""
    if not os.path.isdir("/proc/self/task"):
        with os.popen(f"ps -U {uid} -o pid=") as listed:
            return len(listed.read().split())
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended
            task = os.stat(f"/proc/{pid}/task")
            count += (task.st_nlink - 2) * (task.st_uid == uid)
    return count


def drop_root(folder: str) -> None:
    """Go on as the user nobody where this is root, able to read what root can.

    Without the capability for this, only where nobody can read the folder and run Python.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    kept = READ_ALL & permitted_capabilities()
    if not kept and not nobody_can_read(folder):
        return
    prctl(KEEP_CAPABILITIES, 1)
    with contextlib.suppress(OSError):  # where this is root of a namespace without other users
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        keep_capabilities(kept)
        prctl(DUMPABLE, 1)  # or its own /proc/self would belong to root


def permitted_capabilities() -> int:
    """The capabilities that this process may have, as bits."""
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        return next((int(s[7:], 16) for s in status if s.startswith("CapPrm:")), 0)
    return 0


def keep_capabilities(bits: int) -> None:
    """Have these capabilities and no others, in programs that are started too."""
    if sys.platform == "linux":
        header = struct.pack("Ii", 0x20080522, 0)
        ctypes.CDLL(None).capset(header, struct.pack("6I", bits, bits, bits, 0, 0, 0))
        for bit in range(bits.bit_length()):
            prctl(AMBIENT, 2, bit)


def nobody_can_read(folder: str) -> bool:
    """Whether the user nobody can read a folder and run this Python."""
    os.seteuid(NOBODY)
    try:
        os.listdir(folder)
        return os.access(sys.executable, os.X_OK, effective_ids=True)
    except OSError:
        return False
    finally:
        os.seteuid(0)


def remove_folder(folder: str) -> None:
    """Remove a folder with all that is in it, as far as it can be removed."""
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                remove_folder(entry.path)
            else:
                os.unlink(entry.path)
        os.rmdir(folder)
