"""The oracles, and the checker that is built on them.

The oracles compute the quantities of the derivation in other ways. They share no code with
linreg_np: nothing here imports it.

    autograd      by torch; the names and arguments are those of linreg_np
    exact         in rational arithmetic: nothing is rounded
    rounding      the largest rounding error of a correct program: the tolerance of every comparison
    strategies    Hypothesis strategies that draw regression problems, for property tests

The checker, `check` and `assert_gradient`, tests anybody's gradient and names the mistake in it.
In the folder `checker`, in the order in which data flows through it:

    check         the public functions: a file or a function → its report
    targets       files, folders, patterns and archives → the programs in them
    loading       a file, a notebook or standard input → its source
    script        the training loop of a script, and the `def` to wrap it in
    call_text     the text of --call → which parameter is what
    signature     functions → what each computes, recognised by its name and parameters
    call_plan     how such a function is called: the problems, and the order of its arguments
    problem_set   the problems that are put to it
    sandbox/      process, bubblewrap, keeper, worker, messages: the code under test runs in a
                  process of its own, and can neither reach others nor outlive the judge
    output        raw answers → numbers in the order and layout of the derivation
    expected      problems → exact answers and their rounding bounds
    trial         one problem with its answer and its expected answer
    session       runs all problems through one function
    verdict       trials → right, wrong or not checked
    diagnosis/    wrong trials → the fault in the catalogue (`faults`) that explains all of them
    shrink        a wrong trial → the smallest example
    report        all of it → text
"""

from reference.checker.check import assert_gradient, check

__all__ = ["assert_gradient", "check"]
