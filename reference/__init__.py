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
    script        a training loop outside of all functions, and the `def` to wrap it in
    call_text     the text of --call → which parameter is what
    definition    a function or class, as far as its source shows what it is
    signature     names → what a function computes, and what its parameters mean
    call_plan     how a function is called: what each argument is, in which layout
    plans         the calls that could be meant, the likeliest first; `layouts`: of the data
    problem_set   the problems that are put to it; `extra_problems`: larger ones, other arrays
    sandbox/      the code under test runs in a process of its own, can reach no other, and ends
                  with the checker
    output        raw answers → numbers in the order and layout of the derivation
    expected      problems → exact answers and their rounding bounds
    trial         one problem with its answer and its expected answer
    session       asks the function: problems → trials
    choose_call   which of its calls is meant: `attempts` that are right, or that `explain_call`
                  finds a mistake for
    trainers/     what a training does between its steps, and in its minibatches
    verdict       trials → right, wrong or not checked
    diagnosis/    wrong trials → the fault in the catalogue (`faults/`) that explains all of them
    shrink        a wrong trial → the smallest one
    examples/     the smallest one → the literal call, and the derivation of its numbers
    repairs/      source and fault → the smallest change that is right on all problems
    report        all of it → text and JSON
    command/      the command line: options, a class of many files, and the files that it writes
"""

from reference.checker.check import assert_gradient, check

__all__ = ["assert_gradient", "check"]
