"""Which changes are tried first for which fault: the name of a mistake says what mends it."""

from __future__ import annotations

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
    "split": "operator feature slice swap unwrap transpose",
    "collapsed": "unwrap axis",
    "broadcast": "ravel slice transpose",
    "swapped": "swap",
    "labels": "slice drop name constant shuffle swap",
    "last": "range slice drop",
    "row": "range slice drop",
    "remainder": "range slice drop",
    "parenthesis": "parentheses",
    "precedence": "parentheses",
    "parameter": "name swap",
    "loss": "drop name feature",
    "index": "slice constant name range",
    "doubled": "delete drop",
    "sequential": "simultaneous move",
    "lr": "rate drop name",
    "twice": "drop delete unwrap",
    "decay": "drop delete",
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


def preferred(fault: str) -> set[str]:
    """The kinds of changes that are tried first for a fault, or for two with + between.

    Examples
    --------
    >>> sorted(preferred("sign-flipped")), sorted(preferred("whole-number-division"))
    (['sign'], ['operator', 'slice'])
    """
    found = [KINDS.get(word, "") for word in fault.replace("+", "-").split("-")]
    return {kind for kinds in found for kind in kinds.split()}
