"""Linear regression by gradient descent: every equation is one function.

Notation: X (n, d) features, y (n,) labels, w (d,) weights, b bias, ŷ = y_hat predictions,
η = lr learning rate, m = batch_size. Arguments come in the order X, y, w, b.

Read the files in this order; each imports only from those before it:

    validation   the front doors' checks
    data         §0, §2   the houses, and data from a known line
    model        §1.1     predict
    loss         §1.2     residual, squared_loss, loss
    chain_rule   §1.3a–e  the gradient as on paper: one sample, one weight at a time
    gradient     §1.3f    the same in two lines
    sgd          §1.3g–h  minibatches, sgd_step
    files        §2       files that are whole or absent
    record       §2       named values that stay as they are
    torch_log    §2       the log that a torch training loop prints, read
    torch_print  §2       the same, written
    trajectory   §2       Trajectory: the recorded path of (w, b)
    doubled      §2       sums and products in twice the precision
    moments      §2       Moments: all that the surface needs of the data, in one pass
    curvature    §2       curvature, max_lr: how steep the loss can be
    triangle     §2       least squares as a triangle, from data or from moments
    minimum      §2       the lowest point
    few_features §2       the same for a few features, and sooner
    descent      §2       full-batch descent down a bowl, in closed form
    surface_door §2       what a surface is given, checked
    surface      §2       LossSurface: the loss is a bowl
    tape         §2       what is asked of a training, and its record
    train        §2       fit: the loop
    affine       beyond   fit_affine: every step of the loop at once
"""

from linreg_np.affine import fit_affine
from linreg_np.curvature import curvature, max_lr
from linreg_np.data import load_houses, synthetic_data
from linreg_np.gradient import gradient
from linreg_np.loss import loss, residual, squared_loss
from linreg_np.model import predict
from linreg_np.sgd import minibatches, sgd_step
from linreg_np.surface.loss_surface import LossSurface
from linreg_np.surface.moments import Moments
from linreg_np.train import fit
from linreg_np.trajectory import DivergenceError, Trajectory

__all__ = [
    "DivergenceError",
    "LossSurface",
    "Moments",
    "Trajectory",
    "curvature",
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
    "synthetic_data",
]
