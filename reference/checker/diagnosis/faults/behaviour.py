"""Faults that are no formula: what an answer depends on, its form, its precision, or none at all.

Detectors are tried in the order of this table.
"""

from __future__ import annotations

from reference.checker.diagnosis import precision, repeatability, whole_numbers
from reference.checker.diagnosis.faults.fault import Fault

FAULTS = (
    Fault(
        "mutates-input",
        "w ← w − ∇w L in the caller's own array",
        "You change the caller's arrays: compute new ones, without +=, -= or out=.",
        detect_first=lambda e: any(t.mutated for t in e.trials),
        programs="""
            def gradient(X, y, w, b):
                X -= X.mean(axis=0)
                return correct_gradient(X, y, w, b)

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                w -= lr * gw
                b -= lr * gb
                return w, b

            def predict(X, w, b):
                X[:, 0] *= 1.5
                return X @ w + b
        """,
    ),
    Fault(
        "no-return",
        "None",
        "You return nothing: is the `return` missing, or did you print the answer instead?",
        detect_first=lambda e: all(t.reading.fault == "no-return" for t in e.everything),
        programs="""
            def gradient(X, y, w, b):
                print(correct_gradient(X, y, w, b))

            def predict(X, w, b):
                y_hat = X @ w + b
        """,
    ),
    Fault(
        "stale",
        "∇L(X, y, w, b) of an earlier call",
        "You return the answer of an earlier call: you keep something between calls.",
        detect_first=lambda e: repeatability.returns_earlier_answer(e.trials),
        programs="""
            MEMORY = {}
            def gradient(X, y, w, b):
                if X.shape not in MEMORY:
                    MEMORY[X.shape] = correct_gradient(X, y, w, b)
                return MEMORY[X.shape]

            def gradient(X, y, w, b, last=[]):
                last.append(correct_gradient(X, y, w, b))
                return last[-2] if len(last) > 1 else last[-1]
        """,
    ),
    Fault(
        "nondeterministic",
        "∇L plus noise",
        "Your code gives different results for the same arguments: it uses randomness.",
        detect_first=lambda e: (
            e.evaluate is not None and repeatability.is_nondeterministic(e.wrong[:5], e.evaluate)
        ),
        programs="""
            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw + 1e-6 * np.random.default_rng().normal(size=len(w)), gb

            def gradient(X, y, w, b):
                i = np.random.randint(len(y))
                return correct_gradient(X[i : i + 1], y[i : i + 1], w, b)

            def gradient(X, y, w, b, calls=itertools.count()):
                gw, gb = correct_gradient(X, y, w, b)
                return gw, gb * (1 + 1e-9 * next(calls))
        """,
    ),
    Fault(
        "another-loss",
        "the gradient of ½ mean, mean, ½ sum or sum of (ŷ − y)², but not of the declared one",
        "You use another of the four usual losses than the declared one.",
        programs="""
            def gradient(X, y, w, b):
                return correct_gradient(X, y, w, b)

            def loss(X, y, w, b):
                return np.mean((X @ w + b - y) ** 2)
        """,
        declared_loss="sse",
    ),
    Fault(
        "wrong-shape",
        "grad_w of another shape than w, or grad_b not a number",
        "You return another shape than expected: {form}.",
        programs="""
            def gradient(X, y, w, b):
                return correct_gradient(X, y, w, b)[0]

            def gradient(X, y, w, b):
                return "grad_w", "grad_b"

            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X * r[:, None], r
        """,
    ),
    Fault(
        "non-finite",
        "NaN or infinity where the exact answer is a number",
        "You return NaN or infinity where the exact answer is an ordinary number.",
        detect_last=lambda e: not any(t.finite for t in e.wrong),
        programs="""
            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw / np.float64(0), gb

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw, gb * (np.nan if len(y) == 7 else 1)
        """,
    ),
    Fault(
        "whole-number-division",
        "∇w L = ⌊(1/n) Xᵀ(ŷ − y)⌋",
        "You divide with //, which cuts to whole numbers: use /.",
        detect_last=lambda e: whole_numbers.is_divided_in_whole_numbers(e.fresh),
        tell=whole_numbers.tell_division,
        programs="""
            def gradient(X, y, w, b):
                r = X @ w + b - y
                return X.T @ r // len(y), r.sum() // len(y)

            def step(X, y, w, b, lr):
                gw, gb = np.zeros(len(w)), 0.0
                for x_i, y_i in zip(X, y):
                    e = x_i @ w + b - y_i
                    gw, gb = gw + e * x_i, gb + e
                return w - lr * (gw // len(y)), b - lr * gb / len(y)

            def loss(X, y, w, b):
                return np.sum((X @ w + b - y) ** 2) // (2 * len(y))
        """,
    ),
    Fault(
        "integer-truncation",
        "∇w L, without what is behind the point",
        "You cut your numbers to whole ones: by int(), or by an array of integers, which has no "
        "room for fractions.",
        detect_last=lambda e: whole_numbers.is_kept_in_whole_numbers(e.fresh),
        programs="""
            def gradient(X, y, w, b):
                gw = np.zeros_like(w)
                for x_i, y_i in zip(X, y):
                    gw[:] = gw + (x_i @ w + b - y_i) * x_i / len(y)
                return gw, (X @ w + b - y).mean()

            def gradient_descent(X, y, theta, alpha, num_iters):
                theta = theta.copy()
                for _ in range(num_iters):
                    g = X.T @ (X @ theta - y) / len(y)
                    for j in range(len(theta)):
                        theta[j] = theta[j] - alpha * g[j]
                return theta

            def gradient(X, y, w, b):
                gw = np.zeros(len(w), dtype=int)
                for i in range(len(y)):
                    r = X[i] @ w + b - y[i]
                    for j in range(len(w)):
                        gw[j] = gw[j] + r * X[i, j]
                return gw / len(y), np.mean(X @ w + b - y)

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return gw.astype(int), int(gb)
        """,
    ),
    Fault(
        "low-precision",
        "float32(∇L), labelled float64",
        "You return float64 numbers that are only as accurate as float32: is there a cast?",
        detect_last=lambda e: (
            bool(whole_numbers.rounding_of(e.inexact)) or precision.is_low_precision(e.inexact)
        ),
        tell=whole_numbers.tell_rounding,
        programs="""
            def gradient(X, y, w, b):
                r = (X @ w + b - y).astype(np.float32)
                gw = X.astype(np.float32).T @ r / np.float32(len(y))
                return gw.astype(float), float(r.mean())

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.float32(gw).astype(float), np.float32(gb).astype(float)

            def gradient(X, y, w, b):
                return correct_gradient(np.float32(X).astype(float), y, w, b)

            def gradient(X, y, w, b):
                gw, gb = correct_gradient(X, y, w, b)
                return np.round(gw, 3), round(gb, 3)

            def step(X, y, w, b, lr):
                gw, gb = correct_gradient(X, y, w, b)
                return w - lr * np.around(gw, 2), b - lr * np.around(gb, 2)

            def predict(X, w, b):
                return [float(f"{v:.4g}") for v in X @ w + b]
        """,
    ),
    Fault(
        "finite-difference",
        "∂L/∂w_j = (L(w + h e_j) − L(w − h e_j)) / 2h",
        "You compute a difference quotient of the loss: it is near the derivative, but only up to "
        "cancellation.",
        detect_last=lambda e: precision.is_finite_difference(e.inexact),
        programs="""
            def gradient(X, y, w, b):
                def L(w, b):
                    return np.mean((X @ w + b - y) ** 2) / 2

                h = 1e-5
                gw = np.zeros_like(w)
                for j in range(len(w)):
                    e = np.zeros_like(w)
                    e[j] = h
                    gw[j] = (L(w + e, b) - L(w - e, b)) / (2 * h)
                return gw, (L(w, b + h) - L(w, b - h)) / (2 * h)

            def gradient(X, y, theta):
                h, n = 1e-7, len(y)

                def L(theta):
                    return ((X @ theta - y) ** 2).sum() / (2 * n)

                return np.array([(L(theta + h * e) - L(theta)) / h for e in np.eye(len(theta))])
        """,
    ),
    Fault(
        "raised",
        "an exception",
        "Your code raised an exception on valid arguments.",
        programs="""
            def gradient(X, y, w, b):
                if (X == 0).any():
                    return undefined_name
                return correct_gradient(X, y, w, b)

            def gradient(X, y, w, b):
                if len(w) > 6:
                    raise RuntimeError("too many features")
                return correct_gradient(X, y, w, b)

            def gradient(X, y, w, b):
                def again(k):
                    return again(k + 1) if k != 6 else correct_gradient(X, y, w, b)

                return again(len(w))
        """,
    ),
    Fault(
        "timeout",
        "no answer",
        "Your code gave no answer in time: is there a loop that does not end?",
        programs="""
            def gradient(X, y, w, b):
                while True:
                    pass

            def gradient(X, y, w, b):
                if len(y) == 5:
                    time.sleep(60)
                return correct_gradient(X, y, w, b)
        """,
    ),
    Fault(
        "crash",
        "no process",
        "Your code ended the process: it called exit(), or compiled code crashed.",
        programs="""
            def gradient(X, y, w, b):
                os._exit(0)

            def gradient(X, y, w, b):
                ctypes.string_at(0)

            def gradient(X, y, w, b):
                if len(y) > 9:
                    sys.exit("done")
                return correct_gradient(X, y, w, b)
        """,
    ),
)
