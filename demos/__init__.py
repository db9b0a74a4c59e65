"""The demos: each shows one finding, as a picture or in the terminal.

    python -m demos                       the main one, trajectory
    python -m demos list                  all of them, one line each
    python -m demos NAME [--help]         one of them, and its options; also python -m demos.NAME

One file is one demo: a new file here is a new demo, listed by its docstring's first line, and its
docstring is what --help prints. It holds two functions, and for `python -m demos.NAME` two lines:

    def options(parser):                  adds to --out, --show and --seed, which all demos have
    def run(args):                        prints what it finds and yields (file name, content)

    if __name__ == "__main__":
        main([__spec__.name, *sys.argv[1:]])

Content is a matplotlib Figure (made by pyplot, saved as PNG), a str or bytes. `demos.__main__`
writes it whole or not at all and prints its path; it also turns OSError, ValueError and
ArithmeticError into one line and exit status 2, so a demo refuses with `raise`.

The parts that are the same in every picture stand below: pass them to `ax.plot`. They differ in
shape and in lightness, not in hue alone; the hues are those of Okabe and Ito, *Color Universal
Design* (2008). A width of 9 inches puts matplotlib's 10 points at 14 pixels in a README.
"""

from typing import Any

BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
COLORS = (BLUE, ORANGE, GREEN, VERMILLION, "#56B4E9", "#CC79A7")  # for lines that differ
LOSS = "viridis"  # the colour map of the loss: dark where it is low
PATH: dict[str, Any] = {"color": VERMILLION, "linewidth": 2}
START: dict[str, Any] = {"marker": "o", "ms": 9, "mfc": "white", "mec": "black", "mew": 1.5}
END: dict[str, Any] = {"marker": "s", "ms": 8, "mfc": VERMILLION, "mec": "white", "mew": 1.5}
TRUTH: dict[str, Any] = {"marker": "P", "ms": 18, "mfc": "white", "mec": "black", "mew": 1}
for _point in (START, END, TRUTH):
    _point["linestyle"] = "none"
WIDTH = 9  # inches
DPI = 200
