"""The smallest example, as the Python code that shows it below the definitions of the program."""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.definition import Definition
from reference.checker.examples.derivation import explain_example
from reference.checker.examples.literal import Writer
from reference.checker.output import Key, Reading, key_name, with_last_entries
from reference.checker.report import Counterexample, text
from reference.checker.sandbox.invoke import PREDICT
from reference.checker.sandbox.messages import ArrayMessage, RawOutput
from reference.checker.trial import Trial


class Subject(NamedTuple):
    """What an example is of: a definition, how it is called, where its numbers are."""

    definition: Definition
    plan: CallPlan
    reading: Reading | None


class Place(NamedTuple):
    """Where one number of an answer is: which part of it, and the position there."""

    key: Key
    part: ArrayMessage
    index: int

    @property
    def subscript(self) -> str:
        """The index of the number in its part, as Python writes it."""
        shape, kind = self.part.shape, self.part.kind
        if not shape:
            return ".item()" if kind in ("Tensor", "Parameter") else ""
        indices = [str(i) for i in np.unravel_index(self.index, shape)]
        if kind in ("list", "tuple"):
            return "".join(f"[{i}]" for i in indices)
        at = ".iloc" if kind in ("Series", "DataFrame") else ""
        end = ".item()" if kind in ("Tensor", "Parameter") else ""
        return f"{at}[{', '.join(indices)}]{end}"

    @property
    def position(self) -> str:
        """The same for people: [1]."""
        shape = self.part.shape
        found = [str(i) for i in np.unravel_index(self.index, shape)] if shape else []
        return f"[{', '.join(found)}]" if found else ""


def example(subject: Subject, item: Trial) -> Counterexample:
    """The code that shows a wrong answer: what it gives, and what it should give."""
    predicts = item.plan.name != subject.plan.name
    if item.answer.raised or item.reading.vector is None:
        return of_another_form(subject, item)
    if item.mutated and not predicts:
        return changed_argument(subject, item)
    if not (item.errors > 1).any() or item.reading.fault:
        return of_another_form(subject, item)
    i = int(np.flatnonzero(item.errors > 1)[0])
    place = predicted(item, i) if predicts else place_of(subject, item.answer, item.case, i)
    if place is None:
        return of_another_form(subject, item)
    call, expression = script(subject, item.problem, item.answer, place)
    got, expected = item.reading.vector[i], item.expected.rounded[i]
    name = component(subject, place, item, i, expression)
    return problem_of(
        item,
        call=call,
        component=name,
        got=float(got),
        expected=float(expected),
        step=step_text(subject, item) if item.plan.kind == "trainer" else "",
        derivation=tuple(explain_example(item, i, name, text(got))),
    )


def problem_of(item: Trial, **told: Any) -> Counterexample:
    """A counterexample with the problem that an answer was compared on."""
    lr = item.case.lr if "lr" in item.plan.uses else None
    told["step"] = f"{told.get('step', '')} {shortened(item)}".strip()
    return Counterexample(item.problem.X, item.problem.y, item.case.w, item.case.b, lr, **told)


def shortened(item: Trial) -> str:
    """That a training was given fewer iterations than are fixed inside; "" if it was not."""
    given, own = item.problem.iters, next(iter(item.plan.fixed), item.problem.iters)
    return f"(with {given} in place of the {own:,} iterations inside)" if given != own else ""


def of_another_form(subject: Subject, item: Trial) -> Counterexample:
    """The example of an exception, of nothing, or of an answer in another form."""
    call, _ = script(subject, item.problem, item.answer, None)
    number, expected = lone_number(item.answer), should(item)
    got = came(item.answer) if number is None else number
    if item.plan.name != subject.plan.name:
        call, _ = script(subject, item.problem, item.answer, predicted_whole(item))
    return problem_of(item, call=call, got=got, expected=expected)


def unanswered(subject: Subject, problem: Problem, detail: str) -> Counterexample:
    """The example of a call that did not come back."""
    lr = problem.lr if "lr" in subject.plan.uses else None
    call, _ = script(subject, problem, RawOutput(), None)
    return Counterexample(*problem[:4], lr, call=call, got=detail)


def changed_argument(subject: Subject, item: Trial) -> Counterexample:
    """The example of an argument that is not what it was."""
    argument, parts = item.answer.after[0]
    part = next((p for p in parts if p.values is not None), None)
    if part is None:
        return of_another_form(subject, item)
    given = given_numbers(subject.plan, item.problem, argument)
    same = given is not None and given.size == part.values.size
    changed = np.flatnonzero(given != part.values) if same else []
    place = Place((argument, part.path), part, int(changed[0]) if len(changed) else 0)
    call, expression = script(subject, item.problem, item.answer, place)
    expected = float(given[place.index]) if same else "as it was given"
    got = float(part.values[place.index])
    name = expression.removesuffix(".item()")
    return problem_of(item, call=call, component=name, got=got, expected=expected)


def given_numbers(plan: CallPlan, problem: Problem, argument: str) -> Any:
    """The numbers of an argument as it was passed, where it is one array."""
    request = plan.request(problem)
    given = request["args"][int(argument)] if argument.isdigit() else request["kwargs"][argument]
    while isinstance(given, tuple):
        given = given[1]
    found = np.asarray(given)
    return found.astype(float).ravel() if found.dtype.kind in "fiu" else None


def predicted(item: Trial, index: int) -> Place | None:
    """Where a number of a model's prediction is."""
    part = next((p for p in item.answer.parts if p.path[:1] == ("predict",)), None)
    return None if part is None else Place(("", part.path), part, index)


def predicted_whole(item: Trial) -> Place | None:
    """A model's prediction as a whole."""
    found = predicted(item, 0)
    return None if found is None else found._replace(index=-1)


def place_of(subject: Subject, answer: RawOutput, case: Problem, i: int) -> Place | None:
    """Where the i-th number, in our order, is in an answer."""
    reading, found = subject.reading, with_last_entries(answer)
    if reading is None:
        return None
    if reading.joint is not None:
        key, size = reading.joint, len(case.w) + 1
        index = (i + 1) % size if reading.order == "bw" else i
    elif reading.b is not None and i == len(case.w):
        key, index = reading.b, 0
    else:
        key, index = reading.w, i
    if key in found and found[key].values.size == 1:  # one number for all weights
        index = 0
    return Place(key, found[key], index) if key in found else None  # type: ignore[arg-type]


def component(subject: Subject, place: Place, item: Trial, i: int, expression: str) -> str:
    """What the program calls a number of its answer, or what it is the derivative for."""
    if place.key[0]:
        return expression.removesuffix(".item()")
    name = part_name(subject, place.key)
    if name and place.key[1][:1] != ("predict",):
        return f"{name}{place.position}"
    kind = item.plan.kind
    if kind in ("predict", "sample", "loss"):
        return expression.rpartition("\n")[2] if len(expression) < 40 else result_name(kind, i)
    parameter = parameter_name(subject, i, len(item.case.w), place)
    return f"∂L/∂{parameter}" if kind.startswith("gradient") else f"new {parameter}"


def result_name(kind: str, i: int) -> str:
    """What a prediction or a loss is called where the program has no name for it."""
    return "loss" if kind == "loss" else f"{'ŷ' if kind == 'predict' else 'loss'}[{i}]"


def part_name(subject: Subject, key: Key) -> str:
    """The program's name for a part of its answer: a key, an attribute, a returned name."""
    argument, path = key
    if path[:1] == ("return",) and path[-1].isdigit():
        return ""  # of which method the names are is not known
    if argument or path:
        return key_name(key, subject.plan, subject.definition)
    return returned_name(subject.definition)


def returned_name(definition: Definition) -> str:
    """The name in its last `return a`."""
    returns = [n for n in definition.nodes if isinstance(n, ast.Return) and n.value is not None]
    value = returns[-1].value if returns else None
    return value.id if isinstance(value, ast.Name) else ""


def parameter_name(subject: Subject, i: int, d: int, place: Place) -> str:
    """What the program calls the i-th of w and b, by its parameters."""
    names = {role: p for p, role in subject.plan.roles}
    if "theta" in names:
        return f"{names['theta']}{place.position}"
    if f"w[{i}]" in names:
        return names[f"w[{i}]"]
    if i == d or subject.plan.kind == "gradient_b":
        return names.get("b", "b")
    return f"{names.get('w', 'w')}{place.position}"


def lone_number(answer: RawOutput) -> float | None:
    """The number that came where an array or a pair should have come."""
    alone = answer.parts[0] if len(answer.parts) == 1 and not answer.raised else None
    plain = alone is not None and alone.values is not None and alone.shape == () and not alone.path
    return float(alone.values[0]) if alone is not None and plain else None


def came(answer: RawOutput) -> str:
    """In words, what came where it was no number in its place."""
    if answer.raised:
        raised = answer.raised
        line = f" in line {raised['lineno']}: {raised['line']}" if raised.get("lineno") else ""
        return f"{raised['type']}: {raised['message']}".rstrip(": ") + line
    shapes = [f"shape {p.shape}" if p.values is not None else p.dtype for p in answer.parts]
    return "None" if shapes in ([], ["NoneType"]) else " and ".join(shapes)


def should(item: Trial) -> str | None:
    """The whole answer as it should be, in words; None where it is not known."""
    values, d = item.expected.rounded, len(item.case.w)
    kind = item.plan.kind
    if kind == "trainer" and not item.plan.starts:
        return None
    if kind in ("predict", "sample", "loss", "gradient_b"):
        return text(values[0]) if len(values) == 1 else text(values)
    w = text(values[0]) if item.plan.layout.w == "number" and d == 1 else text(values[:d])
    if kind == "gradient_w":
        return w
    if item.plan.theta:
        last = item.plan.layout.ones.endswith("last")
        return text(values if last else np.roll(values, 1))
    return f"{w} and {text(values[d])}"


def step_text(subject: Subject, item: Trial) -> str:
    """Which step of a training is wrong, from where it went to where, and where it should go."""
    before = np.append(item.case.w, item.case.b)
    came, wanted = item.reading.vector, item.expected.rounded
    shown = [point_text(subject, item, p) for p in (before, came, wanted)]
    return f"step {item.problem.iters}: from {shown[0]} to {shown[1]}; should be {shown[2]}"


def point_text(subject: Subject, item: Trial, point: Any) -> str:
    """A point of a training in the program's names."""
    reading, d = subject.reading, len(item.case.w)
    assert reading is not None
    if reading.joint is not None:
        name = part_name(subject, reading.joint) or "theta"
        return f"{name} = {text(np.roll(point, 1) if reading.order == 'bw' else point)}"
    w = part_name(subject, reading.w) if reading.w else ""
    b = part_name(subject, reading.b) if reading.b else ""
    numbers = point[0] if item.plan.layout.w == "number" else point[:d]
    return f"{w or 'w'} = {text(numbers)}, {b or 'b'} = {text(point[d])}"


def script(
    subject: Subject, problem: Problem, answer: RawOutput, place: Place | None
) -> tuple[str, str]:
    """The lines of a call, the last an expression that gives the number; and that expression."""
    definition, plan = subject.definition, subject.plan
    writer = Writer(definition.program)
    request = plan.request(problem)
    lines = seeds(writer, definition) if request["seeded"] else []
    lines += [f"{name} = {writer.value(v)}" for name, v in request["globals"].items()]
    if plan.is_class:
        made, expression = model_lines(subject, writer, request, place)
    else:
        made, expression = function_lines(subject, writer, request, answer, place)
    return "\n".join([*writer.imports, *writer.lines, *lines, *made, expression]), expression


def function_lines(
    subject: Subject, writer: Writer, request: Any, answer: RawOutput, place: Place | None
) -> tuple[list[str], str]:
    """The call of a function, and the expression for a number of its answer."""
    plan, key = subject.plan, place.key if place else ("", ())
    named = takes_keywords(subject.definition)
    values = [*request["args"], *request["kwargs"].values()]
    arguments, lines = [], []
    for i, ((parameter, _), value) in enumerate(zip(plan.roles, values, strict=True)):
        written = parameter if loop_over(plan.roles[i], value) else writer.value(value)
        if key[0] in (str(i), parameter):
            variable = writer.fresh(parameter)
            lines.append(f"{variable} = {written}")
            written = variable
        keyword = f"{parameter}=" if named or i >= plan.positional else ""
        arguments.append(f"{keyword}{written}")
    call = f"{plan.name}({', '.join(arguments)})"
    call = next((f"[{call}{e}]" for e in map(loop_over, plan.roles, values) if e), call)
    if place is None:
        return lines, call
    if key[0]:
        return [*lines, call], f"{variable}{place.part.access}{place.subscript}"
    return of_answer(subject.definition, call, answer, place, lines)


def loop_over(parameter_role: tuple[str, str], value: Any) -> str:
    """The end of a list of calls: one for each index, where an argument is one; else ""."""
    parameter, role = parameter_role
    return f" for {parameter} in range({value[1]})" if role == "index" else ""


def of_answer(
    definition: Definition, call: str, answer: RawOutput, place: Place, lines: list[str]
) -> tuple[list[str], str]:
    """The number by the names that the function returns, where it returns several."""
    names, path = definition.returned_names, place.key[1]
    several = {p.path[:1] for p in answer.parts}
    one_each = several == {(str(i),) for i in range(len(names))} and len(set(names)) == len(names)
    first = f"[{path[0]}]" if path else ""
    if len(names) > 1 and all(names) and one_each and place.part.access.startswith(first):
        rest = place.part.access.removeprefix(first)
        name = names[int(path[0])]
        return [*lines, f"{', '.join(names)} = {call}"], f"{name}{rest}{place.subscript}"
    return lines, f"{call}{place.part.access}{place.subscript}"


def model_lines(
    subject: Subject, writer: Writer, request: Any, place: Place | None
) -> tuple[list[str], str]:
    """The training of an object, and the expression for one of its numbers."""
    model = writer.fresh("model")
    given = ", ".join(f"{k}={writer.value(v)}" for k, v in request["init"].items())
    lines = [f"{model} = {subject.plan.name}({given})"]
    lines += [f"{model}.{k} = {writer.value(v)}" for k, v in request["set"].items()]
    arguments = ", ".join(f"{k}={writer.value(v)}" for k, v in request["kwargs"].items())
    fit = f"{model}.{request['method']}({arguments})"
    if place is None:
        return lines, fit
    where = place.key[1][:1]
    end = f"{place.part.access}{place.subscript if place.index >= 0 else ''}"
    if where == ("return",):
        return lines, f"{fit}{end}"
    if where == ("predict",):
        method = next((m for m in PREDICT if m in subject.definition.methods), PREDICT[0])
        return [*lines, fit], f"{model}.{method}({writer.value(request['probe'])}){end}"
    return [*lines, fit], f"{model}{end}"


def takes_keywords(definition: Definition) -> bool:
    """Whether its parameters can be given by name: nothing wraps it, all have names."""
    node = definition.node
    plain = isinstance(node, ast.FunctionDef) and not node.decorator_list
    return plain and not node.args.posonlyargs and not node.args.vararg


def seeds(writer: Writer, definition: Definition) -> list[str]:
    """The lines that set the random state as it was set, for programs that may draw from it."""
    program = definition.program
    if program is None:
        return []
    found, imported = [], program.imported or modules_named(program.source)
    if "random" in imported:
        found.append(f"{writer.module('random', 'random')}.seed(0)")
    if {"numpy", "d2l"} & imported and "random" in program.source:
        found.append(f"{writer.module('numpy', 'np')}.random.seed(0)")
    if {"torch", "d2l"} & imported:
        found.append(f"{writer.module('torch', 'torch')}.manual_seed(0)")
    if "default_rng()" in program.source:
        make = f"{writer.module('numpy', 'np')}.random.default_rng"
        found.append(f"{make} = lambda seed=None, make={make}: make(0 if seed is None else seed)")
        found += [f"{name} = {make}" for name in imported_generators(program.tree)]
    return found


def modules_named(source: str) -> set[str]:
    """The modules that a function uses whose imports are not known, by their usual names."""
    names = set(re.findall(r"(?<![\w.])(random|np|numpy|torch)\.", source))
    return names | ({"numpy"} if "np" in names else set())


def imported_generators(tree: ast.Module) -> list[str]:
    """The names under which a program has imported `default_rng` itself."""
    statements = [s for s in ast.walk(tree) if isinstance(s, ast.ImportFrom)]
    aliases = [a for s in statements if s.module == "numpy.random" for a in s.names]
    return [a.asname or a.name for a in aliases if a.name == "default_rng"]
