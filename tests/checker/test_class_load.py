"""A large class: everybody's verdict, whatever the others do and whatever else the machine does."""

import csv
import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest
from class_files import write_class

ROOT = Path(__file__).parents[2]
PEAK = 300_000  # kilobytes of all judging processes
MEASURED = """
import os, re, sys, threading, time
from pathlib import Path
from reference.__main__ import main
from reference.checker.sandbox.keeper import children_of
peaks = {}
def watch():
    while True:
        for pid in (os.getpid(), *children_of(os.getpid())):
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            peaks[pid] = int((re.findall(r"VmHWM:\\s*(\\d+)", status) or [0])[0])
        time.sleep(0.1)
threading.Thread(target=watch, daemon=True).start()
status = main(sys.argv[1:])
print("peak", sum(peaks.values()), "status", status)
"""
VERDICTS = {
    "right": {"right"},
    "wrong": {"wrong"},
    "hang": {"wrong", "unchecked"},
    "crash": {"wrong", "unchecked"},
    "unreadable": {"unchecked"},
}


def check_class(folder, table, *options):
    """What the command prints on a class."""
    command = [sys.executable, "-c", MEASURED, "check", str(folder), "--csv", str(table), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.thorough
def test_a_class_of_a_hundred_is_judged_in_little_memory(tmp_path):
    """Twenty wrong, five that hang, five that crash, five that cannot be read."""
    kinds = write_class(tmp_path / "class")
    out = check_class(tmp_path / "class", tmp_path / "table.csv")
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()))
    assert [r["submission"] for r in rows] == list(kinds)
    strange = [r for r in rows if r["verdict"] not in VERDICTS[kinds[r["submission"]]]]
    assert strange == []
    assert not any(r["mistakes"] == "" for r in rows if r["verdict"] == "wrong")
    peak, _, status = out.split()[-3:]
    assert status == "1"
    assert (0 if sys.platform == "linux" else -1) < int(peak) < PEAK


def be_busy():
    """Use a core."""
    while True:
        pass


@pytest.mark.thorough
def test_the_table_is_the_same_beside_busy_processes(tmp_path):
    """Order, verdicts and names; with another number of files at a time, too."""
    write_class(tmp_path / "class", 40)
    check_class(tmp_path / "class", tmp_path / "alone.csv")
    context = multiprocessing.get_context("spawn")
    busy = [context.Process(target=be_busy, daemon=True) for _ in range(2)]
    for process in busy:
        process.start()
    try:
        check_class(tmp_path / "class", tmp_path / "beside.csv", "--jobs", "3")
    finally:
        for process in busy:
            process.kill()
            process.join()
    assert (tmp_path / "alone.csv").read_bytes() == (tmp_path / "beside.csv").read_bytes()
