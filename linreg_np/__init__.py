"""Linear regression by gradient descent: every equation is one function.

Notation: X (n, d) features, y (n,) labels, w (d,) weights, b bias, ŷ = y_hat (n,) predictions,
L loss, l⁽ⁱ⁾ loss of sample i, η = lr learning rate, B minibatch, m = batch_size. Arguments come
in the order X, y, w, b. The § are those of this derivation; each file names the equations of *Dive
into Deep Learning* (d2l.ai) that it is taken from.

Read the files in this order; each imports only from those before it:

    data         §0, §2   the house prices, and data drawn from a known line; standardise
    model        §1.1     predict
    loss         §1.2     residual, squared_loss, loss
    chain_rule   §1.3a–e  the gradient as on paper: one sample, one weight at a time
    gradient     §1.3f    the same in two lines
    sgd          §1.3g–h  minibatches, sgd_step
    curvature    §2       curvature, max_lr: how steep the loss can be
    trajectory   §2       Trajectory: the recorded path of (w, b)
    train        §2       fit: the loop
    affine       beyond   fit_affine: all steps of the loop at once

And beside them:

    plotting     the pictures of a path, by matplotlib: `Trajectory.plot`
    surface/     the loss as a function of (w, b), in closed form
    torch_log/   the log that a torch training loop prints, read and written
    _utils/      argument validation, immutable objects, files, blocks of rows, small SVGs
"""

from linreg_np.affine import fit_affine
from linreg_np.chain_rule import dL_db, dl_db, dL_dw, dl_dw, dl_dyhat, dyhat_db, dyhat_dw
from linreg_np.curvature import curvature, max_lr
from linreg_np.data import load_houses, standardise, synthetic_data, unstandardise
from linreg_np.gradient import gradient
from linreg_np.loss import loss, residual, squared_loss
from linreg_np.model import predict
from linreg_np.sgd import minibatches, sgd_step
from linreg_np.surface.loss_surface import LossSurface
from linreg_np.surface.moments import Moments
from linreg_np.train import fit
from linreg_np.trajectory import DivergenceError, DivergenceWarning, Trajectory

__version__ = "0.1.0"

__all__ = [
    "DivergenceError",
    "DivergenceWarning",
    "LossSurface",
    "Moments",
    "Trajectory",
    "curvature",
    "dL_db",
    "dL_dw",
    "dl_db",
    "dl_dw",
    "dl_dyhat",
    "dyhat_db",
    "dyhat_dw",
    "fit",
    "fit_affine",
    "gradient",
    "load_houses",
    "loss",
    "max_lr",
    "minibatches",
    "predict",
    "residual",
    "sgd_step",
    "squared_loss",
    "standardise",
    "synthetic_data",
    "unstandardise",
]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
