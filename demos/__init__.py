"""The demos: each shows one result, as a picture or as text in the terminal.

    python -m demos                       the main demos: trajectory, and the study page
    python -m demos list                  all demos, one line each
    python -m demos NAME [--help]         one demo, and its options; also python -m demos.NAME

To add a demo, add one file to this folder. The list shows the first line of its docstring, and
--help shows the whole docstring. The file defines these functions:

    def run(args):                        print results and yield (file name, content)
    def options(parser):                  optional: add to --out, --show and --seed

and ends with two lines, which make `python -m demos.NAME` work too:

    if __name__ == "__main__":
        main([__spec__.name, *sys.argv[1:]])

Content is a matplotlib Figure made by pyplot (saved as PNG), a str or bytes. `demos.__main__`
writes the file completely or not at all, and prints its path. A demo reports an error by `raise`:
OSError, ValueError and ArithmeticError become one line on stderr and exit status 2.

The styles are those of `linreg_np.plotting`, the same in every picture: pass them to `ax.plot`. At
a width of 9 inches, matplotlib's 10-point text is about 14 pixels high in a README.
"""

WIDTH = 9  # inches
DPI = 200
