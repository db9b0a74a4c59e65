"""The authority: the same quantities by torch autograd and by exact arithmetic.

Nothing here imports `linreg_np`: an oracle that shares code with its subject is none.

    autograd     by torch; names mirror linreg_np one to one
    exact        in rational arithmetic: no rounding at all
    rounding     how far apart two correct floating-point programs may be
    strategies   Hypothesis strategies: regression problems, tame and nasty
"""
