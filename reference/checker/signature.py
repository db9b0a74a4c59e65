"""What a function may be, and what its parameters may mean: the evidence of names.

Nothing is decided here. A name gives kinds and roles, the likeliest first; `plans` makes calls of
them, and `choose_call` tries which of these the function was written for.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

EQUATIONS = {
    "gradient": "∇w L = (1/n) Xᵀ(ŷ − y)",
    "gradient_w": "∇w L = (1/n) Xᵀ(ŷ − y)",
    "gradient_b": "∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)",
    "step": "w ← w − η ∇w L",
    "trainer": "w ← w − η ∇w L",
    "predict": "ŷ = Xw + b",
    "loss": "L = (1/n) Σᵢ l⁽ⁱ⁾",
    "sample": "l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²",
}
KIND_WORDS = {  # words in the name of a function; those above win over those below
    "other": "plot draw show print display load read save write download normalize normalise "
    "standardize standardise normalization scale scaler split shuffle sigmoid softmax relu tanh "
    "logistic score accuracy r2 rsquared main test demo generate make create synthetic iter "
    "initialize initialise init zeros animate visualize visualise timer log numerical numeric "
    "mae mape rmse root absolute rsquare determination adjusted closed normal inverse "
    "polynomial poly classify confusion entropy check checking verify clip norm",
    "trainer": "descent descend fit train gd bgd sgd minibatch optimize optimise learn "
    "regression regress solve run runner training iterations regressor",
    "step": "step update apply optimizer",
    "gradient": "gradient gradients grad grads derivative derivatives deriv partial partials "
    "backward backprop propagate dw db dm dc djdw djdb dldw dldb dtheta slope slopes dj dl "
    "dcost dloss dmse",
    "loss": "loss cost mse error errors sse rss objective j criterion residual sqerror sqerrors "
    "ssr sumsquares sumofsquares residualsumofsquares",
    "predict": "predict prediction predictions forward hypothesis linreg linear model net h f "
    "yhat estimate output evaluate",
}
ROLE_WORDS = {
    "X": "x xs feature features input inputs tx a phi design designmatrix predictor predictors "
    "samples area size data dataset xi xmat xvals xvalues featurematrix xb xbias xones row rows "
    "records examples observations instances df dataframe",
    "y": "y ys label labels target targets t output outputs actual true observed yi price prices "
    "response truth yvals yvalues ytrue yactual yreal yobs ytarget ytargets ylabel ylabels "
    "yexpected expected groundtruth gt",
    "w": "w weight weights wt wts slope m coef coefs coefficient coefficients k a beta",
    "b": "b bias biases intercept c offset const constant q alpha w0 b0 c0 beta0 theta0 d",
    "theta": "theta thetas beta betas param params parameter parameters w weight weights wts coef "
    "coefs coefficients b p model variables self",
    "table": "points point data table dataset pairs samples xy batch minibatch df dataframe",
    "lr": "lr lr0 alpha alpha0 eta eta0 learningrate learningrate0 learnrate learning rate "
    "stepsize step lrate l a gamma",
    "iters": "niter niters iters iteration iterations numiter numiters numiterations epoch epochs "
    "nepoch nepochs numepochs maxiter maxiters maxiterations iter steps nsteps numsteps nit nits "
    "times maxepochs niterations t",
    "batch_size": "batchsize batch bs minibatchsize minibatch mb",
    "features_count": "nfeatures numfeatures ninputs inputdim indim inputsize infeatures dim dims "
    "d nfeature numberoffeatures nvars nin",
    "n": "m n nsamples numsamples samplecount count length nobs",
    "y_hat": "z yhat ypred yhats ypreds ypredicted guess guesses pred preds "
    "predictions prediction predicted yp h out output outputs "
    "estimate estimates hypothesis a al activation activations hx fwb forecast fitted",
    "residual": "residual residuals error errors err errs diff resid",
    "grad_w": "dw gradw djdw dldw dm wgrad grad_w gw dweights dcost gradients dweight gradweights "
    "gradweight weightgrad weightgradient gradientw wgradient",
    "grad_b": "db gradb djdb dldb dc bgrad gb dbias gradbias biasgrad biasgradient gradientb "
    "bgradient",
    "grad": "grad grads gradient gradients g dtheta",
    "loss_function": "costfunction costfn cost lossfunction lossfn loss computecost objective "
    "computeloss costfunc lossfunc",
    "gradient_function": "gradientfunction gradientfn gradfn gradfunction computegradient gradient "
    "grad gradientfunc gradfunc",
    "model_function": "net model predict hypothesis",
    "lam": "alpha lam lambda l2 reg regularization regularisation penalty ridge mu lambd l decay "
    "l1 l1penalty l1lambda lambdal1 weightdecay lambdareg reglambda regparam l2reg lamda lmbda",
    "tol": "tol tolerance threshold eps epsilon ep stoppingthreshold convergencethreshold",
    "generator": "rng generator",
    "seed": "seed randomstate randomseed",
    "index": "j k i jj idx index jth col column feature featureindex featureidx columnindex dim",
}
BY_WORD = {role: frozenset(words.split()) for role, words in ROLE_WORDS.items()}
QUALIFIERS = (
    "init initial start starting current curr cur in train training batch new old vec vector "
)
QUALIFIERS += "value values array mat matrix col the my np arr list now last prev best data aug "
QUALIFIERS += "augmented df i begin"
REST = frozenset(QUALIFIERS.split())
STEMS = ("theta", "w", "weight", "beta", "b", "m", "a", "t", "coef", "param")
ALSO = {"a": ["b"], "b": ["w"]}  # the line y = a + b x, with the intercept first
RATE_WORDS = ("decay", "mu")  # of a learning rate, or a momentum, rather than of weights
OPTIONAL = ("lam", "generator", "seed", "n", "batch_size", "lr", "iters", "tol")


def words(name: str) -> list[str]:
    """The words of a name, in lower case.

    Examples
    --------
    >>> words("computeGradient"), words("dJ_dw"), words("X_train")
    (['compute', 'gradient'], ['d', 'j', 'dw'], ['x', 'train'])
    """
    parted = re.sub(r"([a-z0-9])([A-Z][a-z])", r"\1_\2", name)
    return [
        w for w in re.split(r"[_\W]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", parted).lower()) if w
    ]


def bare(name: str) -> str:
    """A name without case, underscores and words like `init` or `current`.

    Examples
    --------
    >>> bare("learning_rate"), bare("w_in"), bare("initial_theta"), bare("lambda_")
    ('learningrate', 'w', 'theta', 'lambda')
    """
    found = words(name)
    kept = [w for w in found if w not in REST] or found[-1:]
    return "".join(kept)


def numbered(name: str) -> tuple[str, int] | None:
    """The stem and number of a name like theta1, w_0 or b1_current.

    Examples
    --------
    >>> numbered("theta_1"), numbered("w0_init"), numbered("weights")
    (('theta', 1), ('w', 0), None)
    """
    match = re.fullmatch(r"([a-z]+)(\d)", bare(name))
    return (match[1], int(match[2])) if match and match[1] in STEMS else None


def roles_of(parameter: str) -> list[str]:
    """What a parameter may be by its name; nothing for a name that is not known.

    Examples
    --------
    >>> roles_of("tx"), roles_of("num_iters"), roles_of("verbose")
    (['X'], ['iters'], [])
    """
    for name in ("".join(words(parameter)), bare(parameter)):
        found = [role for role, known in BY_WORD.items() if name in known]
        if found:
            return found + [r for r in ALSO.get(name, []) if r not in found]
    return []


def kinds_of(name: str) -> list[str]:
    """The kinds that words in the name speak for, the strongest first.

    Examples
    --------
    >>> kinds_of("compute_gradient"), kinds_of("gradientdescent"), kinds_of("plot_loss")
    (['gradient'], ['trainer', 'gradient'], ['other', 'loss'])
    >>> kinds_of("dJ"), kinds_of("J")
    (['gradient', 'loss'], ['loss'])
    """
    parts = [w for word in words(name) for w in parted(re.sub(r"(?<=\w{4})\d+$", "", word))]
    found = {*parts, "".join(words(name)), re.sub(r"(?<=^dtheta)\d$", "", "".join(words(name)))}
    if parts[:1] == ["d"] and (set(parts[1:2]) & DIFFERENTIATED or is_parameter(parts[1:])):
        found.add("gradient")
    if found & set(KIND_WORDS["predict"].split()):
        found -= {"make"}
    return [k for k, known in KIND_WORDS.items() if found & set(known.split())]


def is_parameter(parts: list[str]) -> bool:
    """Whether these words of a name are one, and mean weights or a bias."""
    known = len(parts) == 1 and parts[0] not in KNOWN and roles_of(parts[0])
    return bool(known and {"w", "b"} & set(known))


KNOWN = frozenset(w for known in KIND_WORDS.values() for w in known.split() if len(w) > 2)
FILLERS = "compute calc calculate get function func fn mean squared square total sum batch avg my"
KNOWN |= frozenset(FILLERS.split())
LONGEST = 100  # letters of a word in a name; longer ones are none that anybody reads
DIFFERENTIATED = {*KIND_WORDS["loss"].split(), "l", "e"}  # what stands after the d of dJ


def parted(word: str) -> list[str]:
    """The known words that a word is made of; itself, where it is not made of such.

    Examples
    --------
    >>> parted("meansquarederror"), parted("gradient"), parted("narrow")
    (['mean', 'squared', 'error'], ['gradient'], ['narrow'])
    """
    if word in KNOWN or len(word) > LONGEST:
        return [word]
    for i in range(len(word) - 1, 2, -1):
        rest = parted(word[i:]) if word[:i] in KNOWN else []
        if rest and rest[0] in KNOWN:
            return [word[:i], *rest]
    return [word]


MEASURES = {  # words in the name of a measure of a fit that is no loss of ours
    "it is the root of the mean square": {"rmse", "root"},
    "it is R²": {"r2", "rsquared", "rsquare", "determination", "r", "score"},
    "it is the mean absolute error": {"mae", "absolute", "mape"},
}


OTHER_MODELS = {"logistic", "polynomial", "poly", "sigmoid", "softmax", "relu", "tanh", "classify"}
OTHER_MODELS |= {"confusion", "entropy", "absolute", "mae", "normal", "closed"}


def is_model(name: str) -> bool:
    """Whether a class that predicts may be a linear model, whatever else is in its name.

    Examples
    --------
    >>> is_model("NormStopRegressor"), is_model("PolynomialRegression")
    (True, False)
    """
    found = {w for word in words(name) for w in parted(word)}
    return not found & OTHER_MODELS


def why_other(name: str) -> str:
    """Why a function is none of ours, by its name.

    Examples
    --------
    >>> why_other("rmse"), why_other("plot_data")
    ('by its name it is the root of the mean square', 'by its name it is none of ours')
    """
    found = {*words(name), "".join(words(name))}
    reason = next((text for text, known in MEASURES.items() if found & known), "")
    return f"by its name {reason or 'it is none of ours'}"


CERTAIN_BIASES = {"b", "bias", "biases", "intercept", "offset"}
Assignment = tuple[tuple[str, str], ...]  # (parameter, role), in the order of the parameters


def assignments(
    parameters: tuple[dict[str, Any], ...], allowed: frozenset[str]
) -> Iterator[tuple[int, Assignment]]:
    """The ways to give each parameter one of the allowed roles, with what each costs.

    A known name has one of its roles; an unknown one that must be given takes any that is left,
    at a price. One that has a default may stay at it.
    """
    numbers = numbered_roles([p["name"] for p in parameters])
    choices = with_unused(parameters, [choices_of(p, allowed, numbers) for p in parameters])
    for chosen in itertools.islice(itertools.product(*choices), 20_000):
        roles = [role for _, role in chosen if role and role != "=None"]
        if len(set(roles)) == len(roles):
            pairs = zip(parameters, chosen, strict=True)
            found = tuple((p["name"], role) for p, (_, role) in pairs if role)
            yield sum(cost for cost, _ in chosen), found


def with_unused(
    parameters: tuple[dict[str, Any], ...], choices: list[list[tuple[int, str]]]
) -> list[list[tuple[int, str]]]:
    """The choices, with None for what must be given, is never used, and may be nothing else."""
    found = list(choices)
    for i, p in enumerate(parameters):
        others = {roles[0][1] for j, roles in enumerate(choices) if j != i and roles}
        stray = not roles_of(p["name"]) or {role for _, role in choices[i]} <= others
        stray = stray or p["name"] == "self"
        if p.get("unused") and p["required"] and stray:
            found[i] = [(0, "=None")]
    return found


def choices_of(
    parameter: dict[str, Any], allowed: frozenset[str], numbers: dict[str, list[str]]
) -> list[tuple[int, str]]:
    """(cost, role) of each role that a parameter may have; "" leaves it at its default."""
    name, required = parameter["name"], parameter["required"]
    known = numbers.get(name) or roles_of(name)
    used_as = parameter.get("role", "") if not known else ""
    if used_as in allowed:
        return [(0, used_as)]
    vector = not is_number(parameter["default"])  # as in beta=0.9, which is no θ
    fitting = [r for r in known if r.partition("[")[0] in allowed and (vector or r != "theta")]
    if fitting:
        found = [(i, role) for i, role in enumerate(fitting)]
        if fitting[0] == "lam" and bare(name) in RATE_WORDS and not required:
            return [(0, ""), (1, "lam")]
        settings = ("iters", "lam", "tol")  # which are always given: a penalty of zero
        return found if required or fitting[0] in settings else [*found, (4, "")]
    if not required:
        return [] if known == ["iters"] else [(0, "")]
    if known:  # its name says that it is something else
        return []
    order = ("X", "y", "w", "b", "theta", "lr", "iters")
    return [(10 + i, role) for i, role in enumerate(order) if role in allowed]


def is_number(default: str | None) -> bool:
    """Whether a default, as text, is a number."""
    return re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?", default or "") is not None


def start_alone(name: str, stem_number: tuple[str, int], names: list[str]) -> list[str]:
    """The roles of the only numbered parameter, if it is where all weights start, as in theta0.

    Examples
    --------
    >>> names = ["X", "y", "w0", "b"]
    >>> start_alone("w0", ("w", 0), names), start_alone("w0", ("w", 0), ["x", "w0", "slope"])
    (['w', 'theta'], [])
    """
    stem, number = stem_number
    others = {role for n in names if n != name for role in roles_of(n)[:1]}
    if number or stem not in ("theta", "w", "weight", "beta", "coef", "param") or "w" in others:
        return []
    found = [r for r in ("w", "theta") if r in roles_of(stem)]
    return found if "b" in others else ["theta"] * ("theta" in found and "theta" not in others)


def numbered_roles(names: list[str]) -> dict[str, list[str]]:
    """The roles of parameters that are numbered: theta0 and theta1, w1 and w2, x1 and x2."""
    found = [(name, stem_number) for name in names if (stem_number := numbered(name))]
    if len(found) == 1 and (start := start_alone(*found[0], names)):
        return {found[0][0]: start}
    if len(found) > 1 and len({n for _, (_, n) in found}) == 1:  # w0 and b0: where it starts
        return {name: roles_of(stem) for name, (stem, _) in found}
    if any(bare(n) in CERTAIN_BIASES for n in names):
        roles_here = {n: ["theta", "w"] for n in names if bare(n) in ("theta", "thetas")}
        if roles_here:
            return roles_here
    columns = [n for n in names if re.fullmatch(r"x\d", bare(n))]
    roles = {n: [f"x[{j}]"] for j, n in enumerate(columns)} if len(columns) > 1 else {}
    if len({stem for _, (stem, _) in found}) != 1 or len(found) == 1:
        return roles
    has_bias = any(bare(n) in ("b", "bias", "intercept", "c", "offset") for n in names)
    first = min(number for _, (_, number) in found)
    for name, (_, number) in found:
        j = number - first
        roles[name] = [f"w[{j}]"] if has_bias or first == 1 else [f"w[{j - 1}]" if j else "b"]
    return roles
