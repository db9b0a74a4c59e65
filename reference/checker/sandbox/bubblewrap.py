"""The code under test in bubblewrap, on Linux where that is installed and works.

It has no network, a file system that it can only read, and user, process and IPC namespaces of its
own; it ends with the judge. The only folder that it can write to is in memory.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from reference.checker.sandbox.system import NOBODY

FOLDER = "/dev/shm"  # its working directory; bubblewrap makes a /dev of its own
SIZE = 256 << 20  # bytes that it can write
HIDDEN = ("/tmp", "/var/tmp", "/run")  # what other programs leave there, and their sockets
OPTIONS = "--unshare-all --unshare-user --die-with-parent --ro-bind / / --dev /dev --proc /proc"
INSTALL = "apt-get install bubblewrap (Debian, Ubuntu), dnf install bubblewrap (Fedora)"
CHOICES = ("auto", "require", "off")


def choose_sandbox(choice: str, is_file: bool = True) -> str:
    """What the code under test runs in: "bubblewrap", or "none" and why.

    Raises
    ------
    ValueError
        If it is required and cannot be, or `choice` is none of `CHOICES`.
    """
    if choice not in CHOICES:
        raise ValueError(f"sandbox must be one of {', '.join(CHOICES)}, got {choice!r}")
    if choice == "off":
        return "none (it is off)"
    trouble = why_not() if is_file else "a function runs in a copy of the program that made it"
    if trouble and choice == "require":
        raise ValueError(f"sandbox 'require' needs bubblewrap and a file: {trouble}")
    return f"none ({trouble})" if trouble else "bubblewrap"


@functools.cache
def why_not() -> str:
    """Why bubblewrap cannot be used, and what to do; "" if it can."""
    if sys.platform != "linux":
        return f"there is no bubblewrap for {sys.platform}"
    if shutil.which("bwrap") is None:
        return f"bubblewrap is not installed: {INSTALL}"
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with contextlib.suppress(OSError):
        tried = start(["true"], "", **pipes)
        _, said = tried.communicate()
        if tried.returncode == 0:
            return ""
        return f"bubblewrap does not work here: {said.decode(errors='replace').strip()[:200]}"
    return "bubblewrap does not work here"


def start(command: Sequence[str], folder: str, **options: Any) -> Any:
    """Start a command in bubblewrap, where it can read `folder` and all that Python needs."""
    words = [*arguments(folder), *command]
    if os.geteuid() != 0:
        return subprocess.Popen(["bwrap", *words], **options)
    return start_as_root(words, **options)


def start_as_root(words: Sequence[str], **options: Any) -> Any:
    """The same with a second user, nobody, in the namespace: limits do not hold for root."""
    info, info_end = os.pipe()
    go_end, go = os.pipe()
    told = ["--info-fd", str(info_end), "--userns-block-fd", str(go_end)]
    try:
        popen = subprocess.Popen(["bwrap", *told, *words], pass_fds=[info_end, go_end], **options)
    finally:
        os.close(info_end)
        os.close(go_end)
    with os.fdopen(info) as told_by, os.fdopen(go, "wb") as told_to, contextlib.suppress(OSError):
        with contextlib.suppress(ValueError, KeyError):  # it failed before
            pid = json.load(told_by)["child-pid"]
            for kind in ("uid_map", "gid_map"):
                with open(f"/proc/{pid}/{kind}", "w") as users:
                    users.write(f"0 0 1\n{NOBODY} {NOBODY} 1\n")
        told_to.write(b"1")
    return popen


def arguments(folder: str) -> list[str]:
    """The options of bubblewrap: later ones see what earlier ones made."""
    found = OPTIONS.split()
    hidden = [h for h in HIDDEN if os.path.isdir(h) and not os.path.islink(h)]
    for path in hidden:
        found += ["--tmpfs", path]
    for path in sorted(visible(folder)):
        if any(path == h or path.startswith(h + os.sep) for h in hidden):
            found += ["--ro-bind", path, path]
    for path in hidden:
        found += ["--remount-ro", path]
    sized = ["--size", str(SIZE)] if "--size" in help_text() else []
    found += ["--perms", "1777", *sized, "--tmpfs", FOLDER, "--remount-ro", "/dev"]
    return [*found, "--chdir", FOLDER]


@functools.cache
def help_text() -> str:
    """The options that this version has."""
    return subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False).stdout


def visible(folder: str) -> set[str]:
    """The folders that it needs: its own, those of Python, and where Python finds packages."""
    python = [sys.prefix, sys.base_prefix, os.path.dirname(sys.executable)]
    own = os.path.dirname(__file__)
    paths = [folder, own, *python, *sys.path, *python_path().split(os.pathsep)]
    return {os.path.abspath(p) for p in paths if p and os.path.isdir(p)}


def python_path() -> str:
    """PYTHONPATH with absolute paths: it holds in another working directory too."""
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(os.path.abspath(p) for p in given if p)
