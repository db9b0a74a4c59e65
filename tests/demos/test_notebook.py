"""The notebook: the committed copy is what the demo writes, and each of its cells runs."""

from pathlib import Path

import nbclient
import nbformat
import pytest
from running import run

ROOT = Path(__file__).parents[2]
COPY = ROOT / "demos" / "notebook.ipynb"


@pytest.fixture(scope="module")
def executed():
    """The notebook, run from beginning to end as Jupyter would, in the root of the project."""
    notebook = nbformat.read(COPY, as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": ROOT}}).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cells, beginning, kind):
    """What the cell with this beginning shows in one format; of a stream, what it prints."""
    (cell,) = [cell for cell in cells if cell.source.startswith(beginning)]
    streams = [output.text for output in cell.outputs if output.output_type == "stream"]
    data = [output.data for output in cell.outputs if "data" in output]
    return "".join(streams) if kind == "stream" else [d[kind] for d in data if kind in d]


def test_the_copy_is_what_the_demo_writes(tmp_path):
    """Without outputs; `python -m demos notebook --out demos` makes it."""
    ran = run("notebook", "--out", str(tmp_path))
    assert ran.written() == [str(tmp_path / "notebook.ipynb")]
    assert (tmp_path / "notebook.ipynb").read_bytes() == COPY.read_bytes()
    notebook = nbformat.read(COPY, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.thorough
@pytest.mark.filterwarnings("default")
def test_every_cell_runs_and_shows_what_it_is_said_to_show(executed):
    """Pictures of the paths, the warning of a training that diverges, and two verdicts."""
    for beginning in ("path.plot", "Z, mean", "z = Z"):
        assert len(shown(executed, beginning, "image/png")) == 1
    for beginning in ("path = fit(X", "X, y = load_houses", "LossSurface"):
        assert "<svg" in shown(executed, beginning, "text/html")[0]
    assert "DivergenceWarning: training diverged" in shown(executed, "X, y = load", "stream")
    assert "price = 1." in shown(executed, "Z, mean", "stream")
    assert "missing-mean" in shown(executed, "from reference", "stream")
    assert "right" in shown(executed, "def my_gradient", "stream")
