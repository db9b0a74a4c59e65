"""Data larger than the memory that may be used: moments, surface and training on a file of 410 MB.

Each test runs in a process of its own. There the system itself refuses every allocation beyond
200 MB more than at the start (RLIMIT_DATA: what the process owns, pages of files not counted), and
where the map is opened afresh for each block, the peak of all resident memory, pages of the file
included, is held to the same 200 MB.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
ROWS, COLUMNS = 1_600_000, 32  # of float64: 410 MB

if sys.platform != "linux":
    pytest.skip("memory is limited and measured in Linux's way", allow_module_level=True)

SETUP = f"""
import resource, sys
sys.path.insert(0, {str(ROOT)!r})
import numpy as np
import linreg_np
from linreg_np import LossSurface, Moments, fit, fit_affine

path, n, columns = sys.argv[1], {ROWS}, {COLUMNS}

def table(start=0, stop=n):
    "The rows of the file from start to stop, as a memory map: features, and the label last."
    shape = (stop - start, columns)
    return np.memmap(path, mode="r", shape=shape, offset=8 * columns * start, dtype=float)

def status(name):
    "A line of /proc/self/status, in bytes."
    lines = dict(line.split(":") for line in open("/proc/self/status"))
    return 1024 * int(lines[name].split()[0])

np.ones((64, 64)) @ np.ones((64, 64))  # BLAS takes its buffers at its first call
limit = status("VmData") + 200_000_000
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
resident = status("VmRSS")
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """410 MB, sparse: zeros but for every 1,000th row, where y = x₀ − 2x₃₀ + 3 in whole numbers."""
    import numpy as np

    path = tmp_path_factory.mktemp("large") / "table.bin"
    table = np.memmap(path, mode="w+", shape=(ROWS, COLUMNS), dtype=float)
    rng = np.random.default_rng(0)
    rows = rng.integers(-4, 5, (ROWS // 1000, COLUMNS)).astype(float)
    rows[:, -1] = rows[:, 0] - 2 * rows[:, 30] + 3
    table[::1000] = rows
    table.flush()
    del table
    yield path
    path.unlink()


def run(code, file):
    """The code after SETUP, in a process of its own; its output."""
    done = subprocess.run(
        [sys.executable, "-c", SETUP + code, str(file)],
        capture_output=True,
        text=True,
        env=ONE_THREAD,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_limit_is_a_limit(file):
    """Reading the file into memory is refused: the tests below would notice a copy."""
    with pytest.raises(AssertionError, match="Unable to allocate"):
        run("np.array(table())", file)


def test_moments_of_parts_stay_small_pages_of_the_file_included(file):
    """The whole file, block by block, each map let go of: under 200 MB, everything counted."""
    code = """
step = 200_000
maps = (table(i, i + step) for i in range(0, n, step))
m = sum(Moments.of(t[:, :-1], t[:, -1]) for t in maps)
peak = status("VmHWM")  # not ru_maxrss, which remembers the process that started this one
assert m.n == n
assert peak - resident < 200_000_000, (peak - resident) / 1e6
surface = LossSurface.from_moments(m)
assert surface.min_loss > 0 and np.isfinite(surface.w).all() and surface.rank == columns - 1
"""
    run(code, file)


def test_one_map_is_read_in_blocks_by_moments_and_surface(file):
    """Moments and the surface of a single map of the file copy no more than a block of it."""
    code = """
t = table()
m = Moments.of(t[:, :-1], t[:, -1])
assert m.n == n and np.isfinite(m.scatter).all()
few = t[:, :2]
surface = LossSurface.from_data(few, t[:, -1])
assert surface.n == n and abs(surface.max_lr / linreg_np.max_lr(few) - 1) < 1e-12
"""
    run(code, file)


@pytest.mark.thorough
@pytest.mark.parametrize("training", ["fit", "fit_affine"])
def test_training_reads_the_rows_of_each_batch(file, training):
    """One epoch over the file: no copy but of the batches, and of the path."""
    code = f"""
t = table()
path = {training}(t[:, :-1], t[:, -1], lr=0.01, batch_size=10_000, epochs=1, rng=0)
assert path.steps == 160 and np.isfinite(path.w).all()
"""
    run(code, file)
