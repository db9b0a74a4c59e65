"""Find the records of a log: labels such as ``w:`` or ``0.bias``, and the numbers after them.

A printed line becomes a string of one letter a token, and the grammar is a pattern of these
letters: ``epoch 1, loss 0.04, w: tensor([[1.8]]), b: 3.9`` is ``WN,WN,LCT,LCN``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Patterns are compiled at their first use, so that importing costs nothing.
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|nan|inf)"
_ROW = rf"\[\s*(?:{_NUMBER}|\.\.\.)(?:[\s,]+(?:{_NUMBER}|\.\.\.))*\s*\]"
_END = r"\s\[\](){},;:=|'\"<>"  # what ends a word
_TENSOR = r"(?:Parameter containing:\s*)?(?:tensor|array)\([^()]*\)"
_GRADIENT_OF = r"(?:[gG]rad(?:ient)? (?:of )?(?=[wWbB]))"
# T a tensor, A brackets with numbers, n the end of a line, C what separates a label from its value,
# also before a value on the next line; N a number, W another word, such as w, w[0] or w.item().
_TOKEN = (
    rf"(?P<T>{_TENSOR})|(?P<A>{_ROW}|\[\s*{_ROW}(?:[\s,]*{_ROW})*\s*\])"
    r"|(?P<n>[\n\r])|(?P<Q>['\"])|(?P<comma>,)|(?P<end>[;|])"
    r"|(?P<C>[:=](?:\s*(?=tensor\(|Parameter|array\(|\[))?)"
    rf"|(?P<N>{_NUMBER}(?!\.?[^.{_END}]))"
    rf"|(?P<W>{_GRADIENT_OF}?[^{_END}]+(?:(?:\(\)|\[[0-9]+\])[^{_END}]*)*)|(?P<o>\S)"
)
_LETTERS = {"comma": ",", "end": ";"}
_LABEL = (
    r"(?i)(?P<d>d|d_|dl[/_]d|grad(?:ient)?[_ ](?:of )?)?(?P<prefix>(?:[\w\[\]]+\.)*)"
    r"(?:(?P<w>w|weights?|slope|m)(?:_?(?P<index>[0-9]+))?|(?P<b>b|bias|intercept|c))"
    r"(?:\[(?P<at>[0-9]+)\])?(?P<grad>[._]grad)?(?:\[(?P<grad_at>[0-9]+)\])?"
    r"(?:\.(?:data|item|detach|cpu|numpy|tolist|flatten|squeeze|T)(?:\(\))?)*"
)
# Words before a label that do not say that something else is meant, as in "final w:".
_NEUTRAL = (
    r"(?i)and|is|OrderedDict|param(eter)?s?|model|new|initial|current|updated|final|learned|trained"
)
_BREAK = r"[-–—*•/&]+|[#+-]?[0-9].*|.*\."  # dashes, 3/10, 50%, the end of a sentence
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉\ufeff", "0123456789 ")

# The grammar. A word that stands before a label gives it another meaning: "error in estimating w:".
_OTHER_MEANING = r"W[^PTAN,;WL]*L"
_ENTRY = r"L(?P<sep>Q?(?:C|(?<=Q),)?)(?P<value>[PTAN])?(?P<more>(?<=N),?N|(?<=[PTA]),?(?=[PTA]))?"
_NAMED = r"[WL][^PTAN,;WL]*[PTAN]"  # a value after a word: it is not without a label

_BEGUN = ("tensor(", "Parameter containing: tensor(")
_BEGUN_NUMBERS = r"[-+0-9.eE,\s\[\]]*\Z"
# A token of a value is a number, a suffix, a bracket or comma, or something invalid.
_PART = (
    rf"(?P<n>{_NUMBER})(?![^\[\],\s])"
    r"|(?P<s>dtype=[\w.]+|device='[\w:]+'|requires_grad=True|grad_fn=<[\w:<>]+>)"
    r"|[\[\],]|(?P<x>[^\[\],\s]+)"
)
# Numbers and suffixes make a tensor that is 0-d, 1-D, a row or a column.
_FORM = r"(n|\[n(,n)*\]|\[\[n(,n)*\]\]|\[\[n\](,\[n\])*\])(,s)*"
_FORM_BLANKS = r"\[n+\]|\[\[n+\]\]|\[(\[n\])+\]"


class Record(NamedTuple):
    """One printed value: its kind (w, w.grad, w1, b, …) and label, line, depth and numbers.

    The label is "" for a parameter printed without one; `depth` tells how deep the brackets nest;
    without values, the record is cut off by the end of the log.
    """

    kind: str
    label: str
    line: int
    depth: int
    values: list[float]


class _Token(NamedTuple):
    letter: str
    text: str
    line: int
    end: int


def find_records(text: str) -> list[Record]:
    """All records in the order printed.

    Raises
    ------
    ValueError
        If a label is followed by a value that cannot be read.
    """
    text = _plain(text)
    records = [record for tokens in _lines(text) for record in _line_records(text, tokens)]
    records = _without_parameters(_without_letters(records))
    _check_one_layer(records)
    return records


def find_near_line(text: str) -> str:
    """The first line with a tensor or a label, quoted with its number, or "" if there is none."""
    text = _plain(text)
    for tokens in _lines(text):
        if near := next((t for t in tokens if t.letter in "PTL" or t.text == "tensor"), None):
            return f"line {near.line}: {text.splitlines()[near.line - 1].strip()[:60]!r}"
    return ""


def _plain(text: str) -> str:
    """The same, with digits for w₁ and np.float64(0.5)."""
    return re.sub(r"np\.float[0-9]+\(([^()]*)\)", r"\1", text).translate(_SUBSCRIPTS)


def _lines(text: str) -> Iterator[list[_Token]]:
    """The tokens of each line; a value over several lines is one token."""
    line, counted, tokens = 1, 0, list[_Token]()
    for match in re.finditer(_TOKEN, text):
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        letter = _letter(match[0], str(match.lastgroup), first=not tokens)
        if letter == "n" and not _is_continued(tokens, text, match.end()):
            yield tokens
            tokens = []
        elif letter not in ("", "n"):
            tokens.append(_Token(letter, match[0], line, match.end()))
    yield tokens


def _is_continued(tokens: list[_Token], text: str, start: int) -> bool:
    """Whether the line is a label alone, and its tensor on the next one."""
    is_label = [token.letter for token in tokens] == ["L"]
    return is_label and bool(re.compile(rf"\s*(?:{_TENSOR})").match(text, start))


def _letter(text: str, group: str, first: bool) -> str:
    """The letter of a token in the grammar; "" for a word that changes nothing."""
    if group == "T":
        return "P" if "requires_grad=True" in text or text.startswith("Parameter") else "T"
    if group != "W":
        return _LETTERS.get(group, group)
    if re.fullmatch(_LABEL, text):
        return "L"
    if re.fullmatch(_BREAK, text) and not (first and text == "-"):
        return ";"
    return "" if re.fullmatch(_NEUTRAL, text) else "W"


def _line_records(text: str, tokens: list[_Token]) -> Iterator[Record]:
    """The records of one line, up to a label that has another meaning."""
    letters = "".join(token.letter for token in tokens)
    if other := re.search(_OTHER_MEANING, letters):
        letters = letters[: other.start()]
    for match in re.finditer(_ENTRY, letters):
        yield from _labelled(text, tokens, match)
    unnamed = re.sub(_NAMED, lambda match: "." * len(match[0]), letters)
    for match in re.finditer("P", unnamed):
        yield _record("w", "", tokens[match.start()], tokens[match.start()].line)


def _labelled(text: str, tokens: list[_Token], match: re.Match[str]) -> Iterator[Record]:
    """The record of a label; none if no number follows, as in Linear(2, 1, bias=True)."""
    label, last = tokens[match.start()], tokens[match.end("sep") - 1]
    if match["more"] is not None:
        raise ValueError(
            f"line {label.line}: one value must follow {label.text}, got several; "
            "print each after its own label, and several weights in brackets"
        )
    if match["value"]:
        yield _record(_kind(label.text), label.text, tokens[match.start("value")], label.line)
    elif _is_begun(text, last.end) and (match["sep"] or text[last.end :].strip()):
        yield Record(_kind(label.text), label.text, label.line, 0, [])  # cut off
    elif "C" in match["sep"] and re.fullmatch(r"[wb](\.grad)?", label.text) and not match.start():
        got = text[last.end : last.end + 80].strip()[:40]
        raise ValueError(
            f"line {label.line}: after {label.text}: must come a tensor, an array or a number, "
            f"got {got!r}; print it so, and after backward(): a gradient is None before"
        )


def _is_begun(text: str, start: int) -> bool:
    """Whether the text from there is the beginning of a value, or that of a tensor."""
    if numbers := re.compile(_BEGUN_NUMBERS).match(text, start):
        return "[" not in numbers[0] or numbers[0].count("[") > numbers[0].count("]")
    got = " ".join(text[start : start + 60].split())
    return any(begun.startswith(got[: len(begun)]) for begun in _BEGUN)


def _kind(label: str) -> str:
    """The kind of value that a label names: w, b, w1 for one of several weights, or a gradient."""
    match = re.fullmatch(_LABEL, label)
    if match is None:
        raise ValueError(f"not a label: {label!r}")
    index = match["index"] or match["at"] or match["grad_at"] or ""
    return ("w" + index if match["w"] else "b") + (".grad" if match["d"] or match["grad"] else "")


def _record(kind: str, label: str, token: _Token, line: int) -> Record:
    """The record of a value, which is a number, brackets, or a tensor."""
    if token.letter == "N":
        return Record(kind, label, line, 0, [float(token.text)])
    inside = token.text[token.text.index("(") + 1 : -1] if token.letter in "PT" else token.text
    what = "array" if token.letter == "A" else "tensor"
    where = f"line {line}: the {what} {f'after {label}:' if label else 'without a label'}"
    return Record(kind, label, line, *_numbers(inside, where, commas=token.letter != "A"))


def _numbers(inside: str, where: str, commas: bool) -> tuple[int, list[float]]:
    """How deep the brackets nest, and the numbers in them; NumPy prints no commas."""
    tokens = list(re.finditer(_PART, inside))
    form = "".join(token.lastgroup or token[0] for token in tokens)
    if re.fullmatch(_FORM, form) if commas else re.fullmatch(_FORM_BLANKS, form.replace(",", "")):
        return form.index("n"), [float(token[0]) for token in tokens if token.lastgroup == "n"]
    if "..." in inside:
        hint = "print after torch.set_printoptions(threshold=float('inf')), or NumPy's likewise"
        raise ValueError(f"{where} is summarised by '...', so data are missing; {hint}")
    got = next((repr(token[0][:40]) for token in tokens if token.lastgroup == "x"), form[:40])
    rule = "must be a column (d, 1), row (1, d), 1-D or 0-d of real numbers"
    raise ValueError(f"{where} {rule}, got {got}; print w.float().reshape(-1, 1)")


def _without_letters(records: list[Record]) -> list[Record]:
    """Without m and c, if other labels are there: they may be momentum and cost."""
    weak = r"(?i)d?(m|c)([._]grad)?"
    strong = [record for record in records if not re.fullmatch(weak, record.label)]
    sides = {record.kind[0] for record in strong if record.label}
    if "w" in sides:
        return strong
    return [r for r in records if "b" not in sides or r in strong or r.kind[0] == "w"]


def _without_parameters(records: list[Record]) -> list[Record]:
    """Without those that have no label, if others have one."""
    return [record for record in records if record.label] or records


def _check_one_layer(records: list[Record]) -> None:
    """Refuse the weights of several layers, such as 0.weight and 2.weight."""
    first: dict[str, Record] = {}
    for record in records:
        label = re.fullmatch(_LABEL, record.label)
        if record.kind == "w" and label:
            first.setdefault(label["prefix"], record)
    if len(first) > 1:
        one, other, *_ = first.values()
        raise ValueError(
            f"line {other.line}: {other.label} and {one.label} (line {one.line}) are two weights; "
            "a linear regression has one: read the log of one layer, printed alone"
        )
