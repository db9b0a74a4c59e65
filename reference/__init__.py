"""The authority: the same quantities by torch autograd and by exact arithmetic.

Nothing here imports `linreg_np`: an oracle that shares code with its subject is none.

    autograd     by torch; names mirror linreg_np one to one
    exact        in rational arithmetic: no rounding at all
    rounding     how far apart two correct floating-point programs may be
    strategies   Hypothesis strategies: regression problems, tame and nasty

And the checker, `check` and `assert_gradient`: anybody's gradient, proved right or its mistake
named. From the question to the answer:

    subject      what is being checked: found by its name, bound by its parameters' names;
                 `calls`, how it is called
    process      the subject in a process of its own; `worker`, the other end of the pipe
    pipe         what comes out of it, checked for its form
    answers      which number of an answer is which
    expected     the exact answer and its bounds; `bank`, the problems and their exact answers
    session      the questions put to one function; `items`, its answers beside the expected ones
    faults       the catalogue of wrong gradients: name, formula, explanation
    terms        arrays that give any formula its rounding bound
    diagnosis    which fault of the catalogue explains all answers
    state        answers that depend on earlier calls, or on chance
    precision    float32 in disguise, difference quotients
    symptoms     what is known about a mistake that has no name
    shrink       the smallest example
    verdict      right; or the fault, the sentence for it, the example
    checker      one file; `report`, what is said about it
"""

from reference.checker.check import assert_gradient, check

__all__ = ["assert_gradient", "check"]
