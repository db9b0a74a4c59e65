"""The loss surface in closed form, for whoever goes on: L is a quadratic function of (w, b)."""

from linreg_np.surface.loss_surface import LossSurface
from linreg_np.surface.moments import Moments

__all__ = ["LossSurface", "Moments"]
