"""The layouts in which a function may take its data and parameters, the likeliest first."""

from __future__ import annotations

import ast
import re

from reference.checker.call_plan import CallPlan, Layout
from reference.checker.definition import Definition


def tensors_first(found: list[Layout], definition: Definition) -> list[Layout]:
    """The layouts, those of tensors first where a function is written for them."""
    if not definition.names_torch:
        return found
    return sorted(found, key=lambda o: not o.container.startswith(("tensor", "leaf")))


def distinct(found: list[Layout], plan: CallPlan) -> list[Layout]:
    """The layouts that make different calls: where no parameters are given, theirs is the same."""
    if plan.uses & {"w", "b", "theta", "grad", "grad_w", "params"}:
        return list(dict.fromkeys(found))
    own = {
        o._replace(w="", container=o.container.replace("leaf", "tensor")): o for o in found[::-1]
    }
    return [o for o in found if o in own.values()]


def layouts(plan: CallPlan, definition: Definition) -> list[Layout]:
    """The layouts that the roles allow, the likeliest first."""
    roles = {role for _, role in plan.roles + plan.namespace}
    numbers = sorted(r for r in roles if r.startswith(("w[", "x[")))
    if plan.kind in ("sample", "loss") and "y_hat" in roles:
        tensors = tensor_layouts(definition)[:1]
        columns = [Layout(y="row"), Layout(y="column")]
        return [Layout(), Layout(container="list"), *tensors, *columns]
    if "params" in roles:
        return [Layout(container="tensor"), Layout(w="column", container="tensor")]
    if numbers:
        d = max(sum(r.startswith(letter) for r in numbers) for letter in "wx")
        one = [Layout("vector", "vector", "number", d=1)] if d == 1 else []
        return [*one, *given_d(Layout(w="number"), d), *given_d(Layout("table", w="number"), d)]
    if "table" in roles:
        return theta_table_layouts() if "theta" in roles else table_layouts(definition.columns)
    if "theta" in roles:
        return theta_layouts(plan, definition)
    found = pair_layouts(plan, definition)
    if plan.kind == "trainer" and not roles & {"w", "b"}:
        found += [Layout(ones="first"), Layout(ones="last"), Layout(y="column", ones="first")]
    return found


def table_layouts(columns: tuple[str, ...]) -> list[Layout]:
    """Layouts of one table with y last; the columns have names where the program uses names."""
    table = Layout("table", w="number", d=1)
    found = [table, table._replace(container="list"), Layout("table")]
    if len(columns) > 1:
        form = Layout("table", w="number" if len(columns) == 2 else "vector", container="frame")
        found = [form._replace(columns=columns, d=len(columns) - 1), *found]
    return [*found, Layout("pair"), Layout("pair of vectors", w="number", d=1)]


def theta_table_layouts() -> list[Layout]:
    """Layouts of one table with y last, and w and b in one argument."""
    wide = Layout("table", ones="inside")
    inside = [wide._replace(d=1), wide._replace(d=1, ones="inside last"), wide]
    line = Layout("pair of vectors", ones="inside last", d=1)
    lists = [o._replace(container="list") for o in inside]
    return [*inside, *lists, Layout("pair", ones="first"), line, line._replace(ones="inside")]


def given_d(layout: Layout, d: int) -> list[Layout]:
    """A layout for d features alone, for arrays and lists."""
    return [layout._replace(d=d), layout._replace(d=d, container="list")]


def pair_layouts(plan: CallPlan, definition: Definition) -> list[Layout]:
    """Layouts of separate w and b, or of data alone."""
    one = Layout("vector", "vector", "number", d=1)
    found = [Layout(), one, Layout(y="column", w="column")]
    found += [Layout("features", "row", "column"), Layout("features", "vector", "vector")]
    found += [Layout("features", "row", "row"), Layout("features", "row", "vector")]
    found += [Layout(container="list"), one._replace(container="list")]
    found += one_sample_layouts(plan, definition)
    found += [Layout(y="column", w="number", d=1), Layout(w="number", d=1)]
    found += [Layout(d=d) for d in fixed_features(definition)]
    found += [*tensor_layouts(definition), *frame_layouts(definition)]
    return [*found, *matrix_layouts(definition)]


def packed_layouts(definition: Definition) -> list[Layout]:
    """Layouts of w and b in a dict or a record with the names that the program uses, if any."""
    forms = (("dict", definition.keys), ("record", definition.fields))
    return [o for form, names in forms if {"w", "b"} <= set(names) for o in of_form(form, names)]


def of_form(form: str, names: dict[str, str]) -> list[Layout]:
    """Layouts of w and b under these names."""
    base = Layout(packed=form, keys=(names["w"], names["b"]))
    one = base._replace(x="vector", w="number", d=1)
    columns = base._replace(y="column", w="column")
    wide = [("row", "column"), ("row", "row"), ("vector", "vector"), ("row", "vector")]
    return [base, one, columns, *(base._replace(x="features", y=y, w=w) for y, w in wide)]


def theta_layouts(plan: CallPlan, definition: Definition) -> list[Layout]:
    """Layouts of w and b in one argument: a vector, a dict, a tuple."""
    found = [*packed_layouts(definition), Layout(ones="first")]
    found += [Layout(y="column", w="column", ones="first")]
    found += [Layout(ones="inside"), Layout(y="column", w="column", ones="inside")]
    found += [Layout(ones="last"), Layout(ones="inside last")]
    found += [Layout(ones="first", container="list"), Layout("features", "row", "column", "first")]
    found += [
        Layout("features", "vector", "vector", "first"),
        Layout("features", "row", "row", "first"),
    ]
    found += [Layout(ones="first", d=1), Layout("vector", ones="inside", d=1)]
    found += [Layout("vector", ones="inside last", d=1)]
    found += [Layout("vector", ones="inside", container="list", d=1)]
    found += one_sample_layouts(plan, definition)
    found += [Layout(ones="first", d=d) for d in fixed_features(definition)]
    found += [Layout(y="column", w="row", ones="first")]
    matrices = matrix_layouts(definition)
    found += [o._replace(w=w, ones="first") for o in matrices for w in ("row", "column")]
    found += [Layout(packed="tuple"), Layout("vector", "vector", "number", d=1, packed="tuple")]
    tensors = tensor_layouts(definition) + frame_layouts(definition)
    found += [o._replace(ones="first") for o in tensors]
    if "grad" in plan.uses:
        keys = definition.gradient_keys
        packed = [o for o in found if o.packed and (keys or o.packed == "dict")]
        found = [o._replace(gradient_keys=keys or o.keys) for o in packed] + found
    return found


def one_sample_layouts(plan: CallPlan, definition: Definition) -> list[Layout]:
    """One row and one number, for a prediction or loss, and where the program says so."""
    if plan.kind == "trainer" or not (plan.kind in ("predict", "loss") or definition.of_one_sample):
        return []
    row = Layout("one row", "number", n=1)
    if "theta" not in plan.uses:
        found = [row, row._replace(w="number", d=1)]
    else:
        inside = row._replace(ones="inside", d=1)
        if definition.is_given_row and plan.kind == "predict":
            labelled = Layout("labelled row", ones="inside", n=1)
            return [
                o._replace(container=c)
                for o in (labelled, row._replace(ones="inside"), row._replace(ones="first"))
                for c in ("list", "array")
            ]
        found = [inside, row._replace(ones="first"), inside._replace(ones="inside last")]
    return [*found, *(o._replace(container="list") for o in found)]


def matrix_layouts(definition: Definition) -> list[Layout]:
    """Everything as np.matrix, where the program multiplies as only matrices do, or names them."""
    products = (n for n in definition.nodes if isinstance(n, ast.BinOp))
    products = (n for n in products if isinstance(n.op, ast.Mult))
    transposed = any(getattr(m, "attr", "") == "T" for n in products for m in (n.left, n.right))
    source = definition.program.source if definition.program else ""
    if not transposed and not re.search(r"\b(mat|matrix|asmatrix|multiply)\b", source):
        return []
    return [Layout(y="column", w="column", container="matrix")]


def tensor_layouts(definition: Definition) -> list[Layout]:
    """Torch tensors, where the program names torch."""
    program = definition.program
    if program is None or not {"torch", "d2l"} & set(program.imported):
        return []
    vector, column = Layout(container="tensor"), Layout(y="column", w="column", container="tensor")
    found = [vector, column, column._replace(y="vector")]
    wide = [*found, *(o._replace(container="tensor32") for o in found)]
    return [*wide, *(o._replace(container="leaf") for o in found)]


def frame_layouts(definition: Definition) -> list[Layout]:
    """DataFrames, where the program names pandas or attributes that only they have."""
    text = {getattr(n, "attr", "") for n in definition.nodes}
    program = definition.program
    pandas = program is not None and "pandas" in program.imported
    if pandas or text & {"values", "iloc", "loc", "to_numpy", "columns", "iterrows"}:
        return [Layout(container="frame"), Layout("vector", w="number", container="frame", d=1)]
    return []


def fixed_features(definition: Definition) -> list[int]:
    """Numbers of features that the source may insist on, other than one."""
    found = {int(v) for v in definition.numbers if v == int(v) and 1 < v <= 12}
    found |= {len(n.elts) for n in definition.nodes if isinstance(n, ast.List)} - {0, 1}
    return sorted({*found, *(v - 1 for v in found if v > 2)})[:5]


def class_layouts(definition: Definition) -> list[Layout]:
    """The layouts of data that an object may be trained on."""
    found = [Layout(), Layout("vector", w="number", d=1), Layout(y="column", w="column")]
    if not definition.names_bias:
        found = [Layout(ones="first"), Layout(y="column", w="column", ones="first"), *found]
    found += [Layout(d=1), Layout(container="list"), Layout("vector", container="list", d=1)]
    found += [Layout(d=d) for d in fixed_features(definition)]
    found += [Layout("features", "row"), Layout("features", "vector")]
    found += [*tensor_layouts(definition), *frame_layouts(definition)]
    return tensors_first(found, definition)
