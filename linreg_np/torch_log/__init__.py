"""The log that a torch training loop prints, read and written.

The loop is the classic one, with w a (d, 1) column and b a tensor of one number::

    for param in [w, b]:
        print('w: ', param)
        print('w.grad: ', param.grad)
        param -= lr * param.grad / batch_size

so that each step t of the log contains wₜ, its gradient, bₜ and its gradient, the bias under the
label ``w:`` too. Other forms are read, too: see `parse.parse_log`.
"""

from __future__ import annotations

import io
import os
from typing import IO

from linreg_np._utils.files import atomic_write, file_name
from linreg_np.torch_log.format import format_log
from linreg_np.torch_log.parse import parse_log, read_text
from linreg_np.trajectory import Trajectory

__all__ = ["read_torch_log", "write_torch_log"]


def read_torch_log(path_or_text: str | os.PathLike[str]) -> Trajectory:
    """Read the log that a training loop printed, in a file or as text.

    The weights are what stands after ``w:``, ``W``, ``weight``, ``0.weight``, ``w1``, … or the
    ``m`` of a line; the bias, after ``b``, ``bias`` or ``intercept``; gradients, after ``w.grad``,
    ``dw``, … Each is a tensor, an array, a list or a number. Gradients are kept as printed; the
    loop above prints those of the summed loss, m times 1.3f. What is not in the log is None.

    Parameters
    ----------
    path_or_text : str or path
        A str with a line break or ``tensor(`` in it is the text, any other the name of a file.

    Raises
    ------
    OSError
        If the file cannot be read.
    TypeError
        If it is neither a str nor a path.
    ValueError
        If a value cannot be read, with the line number and the reason, or if there is none.

    Examples
    --------
    >>> read_torch_log("w:  tensor([[ 2.0],\\n        [-3.4]])\\nw:  tensor([4.2])\\n")
    Trajectory(0 steps: w = [2, -3.4], b = 4.2 → w = [2, -3.4], b = 4.2)
    """
    return parse_log(read_text(path_or_text))


def write_torch_log(
    trajectory: Trajectory, file: str | os.PathLike[str] | IO[str], *, precision: int = 4
) -> None:
    """Print a path as the loop above would: ``w:`` and ``w.grad:`` at each step.

    Gradients are printed as they are recorded: those of `fit` are 1.3f, where the loop prints m
    times as much. The point after the last step is not printed.

    Parameters
    ----------
    file : str, path or open text file
        A file given by its name is replaced as a whole, or not at all.
    precision : int
        Digits after the point, as in `torch.set_printoptions`. With torch's default of 4 the rest
        is lost; `format_log` tells how many keep every bit.

    Raises
    ------
    OSError
        If `file` cannot be written.
    TypeError, ValueError
        If `file` is neither a path nor an open text file, or `precision` is not from 0 to 1074.
    """
    lines = format_log(trajectory, precision=precision)
    if hasattr(file, "writelines") and not isinstance(file, io.RawIOBase | io.BufferedIOBase):
        file.writelines(lines)
    else:
        with atomic_write(file_name("file", file)) as binary:
            binary.writelines(line.encode() for line in lines)
