"""Which changes are tried first for which fault: the name of a mistake says what mends it."""

from __future__ import annotations

import re

from reference.checker.signature import roles_of

KINDS = {  # a word in the name of a fault: the kinds of changes that mend it
    "mean": "divide constant drop unwrap",
    "sum": "divide constant drop unwrap",
    "sign": "sign",
    "factor": "constant drop operator",
    "divided": "divisor drop unwrap divide name slice constant",
    "divisor": "divisor name constant divide",
    "bias": "term bias name unwrap drop delete accumulate",
    "feature": "feature name drop operator",
    "zero": "bias name drop return",
    "squared": "drop operator",
    "absolute": "unwrap square",
    "another": "square unwrap",
    "split": "operator feature slice swap unwrap transpose square",
    "collapsed": "unwrap axis",
    "broadcast": "ravel slice transpose",
    "swapped": "swap",
    "labels": "slice drop name constant shuffle swap",
    "last": "range slice drop",
    "row": "range slice drop constant",
    "remainder": "range slice drop",
    "parenthesis": "parentheses",
    "precedence": "parentheses",
    "parameter": "name swap",
    "loss": "drop name feature",
    "index": "slice constant name range drop",
    "doubled": "delete drop",
    "sequential": "simultaneous move",
    "lr": "rate drop name",
    "twice": "drop delete unwrap",
    "decay": "drop delete sign",
    "penalised": "drop slice free",
    "clipped": "unwrap delete",
    "outside": "move",
    "return": "move return",
    "early": "move delete",
    "iteration": "range drop move",
    "kept": "move accumulate",
    "history": "copy",
    "mutates": "copy",
    "aliased": "copy",
    "truncation": "copy operator",
    "precision": "unwrap copy",
    "whole": "operator slice",
    "division": "operator",
    "batch": "slice range name",
    "batches": "range slice",
    "shuffled": "shuffle slice",
    "shape": "ravel axis transpose unwrap slice",
    "raised": "transpose swap name ravel slice axis",
    "standardised": "name",
}


PARTS = {"b": {"b", "grad_b"}, "w": {"w", "grad_w"}}  # roles of what a line gives a value
DRAWING = re.compile(r"rand|choice|sample|integers|permutation|shuffle")


PENALTY = re.compile(r"lam|alpha|reg|l2|decay|penalty|ridge")
WHOLE = re.compile(r"\bu?int\d*\b")
ZERO = re.compile(r"=\s*(\[?0|np\.zeros)")


def concerns(fault: str, line: str) -> bool:
    """Whether a fault is likely to stand in a line: of the part, or the draw, that it names.

    Examples
    --------
    >>> concerns("bias-gradient-sum", "db = np.sum(r)"), concerns("sign-flipped-w", "db = r.sum()")
    (True, False)
    """
    names = fault.split("+")
    if "row-never-drawn" in names and DRAWING.search(line):
        return True
    if "accumulator-kept" in names and ZERO.search(line):
        return True
    if "weight-decay" in names and PENALTY.search(line):
        return True
    if "integer-truncation" in names and WHOLE.search(line):
        return True
    if "history-aliased" in names and ".append(" in line:
        return True
    ends = {
        "b" if n.startswith("bias") else "w" if n.startswith("weight") else n[-1] for n in names
    }
    target = re.split(r"[-+*/]?=(?!=)", line)[0].strip().removeprefix("self.")
    return any(set(roles_of(target)) & PARTS[end] for end in ends & set(PARTS))


def preferred(fault: str) -> set[str]:
    """The kinds of changes that are tried first for a fault, or for two with + between.

    Examples
    --------
    >>> sorted(preferred("sign-flipped")), sorted(preferred("whole-number-division"))
    (['sign'], ['operator', 'slice'])
    """
    found = [KINDS.get(word, "") for word in fault.replace("+", "-").split("-")]
    return {kind for kinds in found for kind in kinds.split()}
