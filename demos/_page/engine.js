"use strict";
// The engine of linreg_np once more, function by function under the same names, so that the reader's
// own numbers can go in. X is an array of rows; `order` takes the place of the random generator.

const sum = (v) => v.reduce((total, x) => total + x, 0);
const dot = (u, v) => sum(u.map((x, k) => x * v[k]));
const transpose = (X) => X[0].map((_, j) => X.map((x) => x[j]));

// §0    price = w_area · area + w_age · age + b
const price = (area, age, w_area, w_age, b) => w_area * area + w_age * age + b;

// §1.1a ŷ = wᵀx + b
const predict_one = (x, w, b) => dot(w, x) + b;

// §1.1b ŷ = Xw + b
const predict = (X, w, b) => X.map((x) => predict_one(x, w, b));

// for §1.2a: ŷ − y
const residual = (y_hat, y) => y_hat.map((p, i) => p - y[i]);

// §1.2a l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²
const squared_loss = (y_hat, y) => residual(y_hat, y).map((r) => 0.5 * r ** 2);

// §1.2b L = (1/n) Σᵢ l⁽ⁱ⁾
const loss = (X, y, w, b) => sum(squared_loss(predict(X, w, b), y)) / y.length;

// §1.3b ∂l/∂ŷ = ŷ − y
const dl_dyhat = (y_hat, y) => y_hat - y;

// §1.3c ∂ŷ/∂w_j = x_j, ∂ŷ/∂b = 1
const dyhat_dw = (x, j) => x[j];
const dyhat_db = () => 1;

// §1.3a, §1.3d  ∂l/∂w_j = ∂l/∂ŷ · ∂ŷ/∂w_j = (ŷ − y) · x_j, ∂l/∂b = ŷ − y
const dl_dw = (x, y, w, b, j) => dl_dyhat(predict_one(x, w, b), y) * dyhat_dw(x, j);
const dl_db = (x, y, w, b) => dl_dyhat(predict_one(x, w, b), y) * dyhat_db();

// §1.3e ∂L/∂w_j = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾) · x_j⁽ⁱ⁾
const dL_dw = (X, y, w, b, j) => sum(X.map((x, i) => dl_dw(x, y[i], w, b, j))) / y.length;

// for §1.3e, with b in the place of w_j
const dL_db = (X, y, w, b) => sum(X.map((x, i) => dl_db(x, y[i], w, b))) / y.length;

// §1.3f ∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)
function gradient(X, y, w, b) {
  const r = residual(predict(X, w, b), y), n = y.length;
  const grad_w = transpose(X).map((x_j) => dot(x_j, r) / n);
  const grad_b = sum(r) / n;
  return [grad_w, grad_b];
}

// §1.3g w ← w − (η/m) Σ_{i∈B} x⁽ⁱ⁾(wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)
// §1.3h b ← b − (η/m) Σ_{i∈B} (wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)
const sgd_step = (w, b, grad_w, grad_b, lr) => [
  w.map((w_j, j) => w_j - lr * grad_w[j]),
  b - lr * grad_b
];

// for §1.3g: one epoch, the samples in the given order, m at a time; the last batch holds what is left
function* minibatches(order, batch_size) {
  for (let start = 0; start < order.length; start += batch_size) {
    yield order.slice(start, start + batch_size);
  }
}

// for §2: H = (1/n) [X 1]ᵀ[X 1]
function curvature(X) {
  const columns = [...transpose(X), X.map(() => 1)];
  return columns.map((u) => columns.map((v) => dot(u, v) / X.length));
}

// for §2: H = Σ λ v vᵀ by Jacobi's rotations: the axes of the bowl, the steepest first
function principal_axes(H) {
  const d = H.length, A = H.map((row) => [...row]);
  const V = H.map((_, i) => H.map((_, k) => Number(i === k)));
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) rotate(A, V, p, q);
  }
  const axes = A.map((row, k) => ({ λ: row[k], v: V.map((r) => r[k]) }));
  return axes.sort((one, other) => other.λ - one.λ);
}

// One rotation in the plane of p and q that makes A[p][q] zero.
function rotate(A, V, p, q) {
  if (A[p][q] === 0) return;
  const θ = Math.atan2(2 * A[p][q], A[p][p] - A[q][q]) / 2, c = Math.cos(θ), s = Math.sin(θ);
  const turn = (row) => ([row[p], row[q]] = [c * row[p] + s * row[q], c * row[q] - s * row[p]]);
  A.forEach(turn);
  [A[p], A[q]] = [A[p].map((x, k) => c * x + s * A[q][k]), A[q].map((x, k) => c * x - s * A[p][k])];
  V.forEach(turn);
}

// for §2: 2/λ_max
const max_lr = (H) => 2 / principal_axes(H)[0].λ;

// for §2: the features with mean 0 and standard deviation 1
function standardise(X) {
  const columns = transpose(X).map((x) => {
    const mean = sum(x) / x.length, away = x.map((v) => v - mean);
    const std = Math.sqrt(dot(away, away) / x.length);
    return away.map((v) => v / std);
  });
  return transpose(columns);
}

// for §2: θ* = (w*, b*), where the loss is least, by Gauss on features and labels of mean 0
function least_squares(X, y) {
  const mean_x = transpose(X).map((x) => sum(x) / x.length), mean_y = sum(y) / y.length;
  const Z = transpose(X.map((x) => x.map((v, j) => v - mean_x[j]))), r = y.map((v) => v - mean_y);
  const w = solve(
    Z.map((u) => Z.map((v) => dot(u, v))),
    Z.map((u) => dot(u, r))
  );
  return [...w, mean_y - dot(w, mean_x)];
}

// A⁻¹c for a positive definite A
function solve(A, c) {
  const M = A.map((row, i) => [...row, c[i]]), d = c.length;
  for (let p = 0; p < d; p++)
    for (let q = 0; q < d; q++) {
      if (q !== p) M[q] = M[q].map((x, k) => x - (M[q][p] / M[p][p]) * M[p][k]);
    }
  return M.map((row, i) => row[d] / row[i]);
}

// §2: the bowl, L(θ) = L* + ½ (θ − θ*)ᵀ H (θ − θ*), θ = (w, b); `lowest` is θ*, `floor` is L*
function bowl({ H, lowest, floor }, theta) {
  const away = theta.map((t, k) => t - lowest[k]);
  return (
    floor +
    0.5 *
      dot(
        away,
        H.map((row) => dot(row, away))
      )
  );
}

// beyond: v ← βv + ∇L, the direction of a step with momentum; β = 0 is the gradient itself
const velocity = (v, grad, beta) => grad.map((g, k) => (beta ? beta * v[k] : 0) + g);

// §2    the loop: the path of (w, b), a step at a time, over `batches` of row numbers.
//       Where b is held, the step leaves it alone.
function* fit(X, y, batches, { lr, w, b, held = false, beta = 0 }) {
  yield { w, b };
  let v = [...w, b].map(() => 0);
  for (const B of batches) {
    const X_B = B.map((i) => X[i]), y_B = B.map((i) => y[i]);
    const [grad_w, grad_b] = gradient(X_B, y_B, w, b);
    const old = { w, b };
    v = velocity(v, [...grad_w, held ? 0 : grad_b], beta);
    [w, b] = sgd_step(w, b, v.slice(0, -1), v.at(-1), lr);
    yield { w, b, old, grad_w, grad_b, v, B };
    if (![...w, b].every(Number.isFinite)) return;
  }
}
