"""Special functions of float64 arrays, the same bits on every machine: numpy's + - * / and sqrt, which IEEE 754 rounds
correctly, and the exp and log of `arithmetic`. Errors in units in the last place (ulp) are tested against mpmath.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from goodinit.arithmetic import exp, log
from goodinit.arrays import Array

PI_LOW = 1.2246467991473532e-16  # π - math.pi
INVERSE_ROOT_2PI = 0.3989422804014327

# Taylor series, highest power first
SINE_SERIES = tuple((-1) ** n / math.factorial(2 * n + 1) for n in range(8, 0, -1))  # (sin y - y) / y³ in y²
COSINE_SERIES = tuple((-1) ** n / math.factorial(2 * n) for n in range(8, 0, -1))  # (cos y - 1) / y² in y²
CENTER_TERMS, TAIL_TERMS = 19, 260  # of Φ's series up to |x| = 1, and of its continued fraction from there on

# Wichura 1988, PPND16: numerators and denominators in the centre, further out and far out, highest power first
# fmt: off
QUANTILE_CENTER = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)
QUANTILE_OUTER = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
     3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0),
)
QUANTILE_FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)
# fmt: on


def cosine(x: ArrayLike) -> Array:
    """cos x of |x| ≤ π, beyond which it is NaN. At most 1.2 ulp, near ±π/2 too."""
    size = np.abs(np.asarray(x, np.float64))
    size = np.where(size <= math.pi, size, np.nan)
    side = np.where(size <= math.pi / 4, 1.0, -1.0)
    y = np.where(side > 0, size, (math.pi - size) + PI_LOW)
    outer = side * (y * y * polynomial(COSINE_SERIES, y * y) + 1)
    y = math.pi / 2 - size  # exact; what π/2 has beyond a float64 comes in with the small terms
    middle = y + (y * y * y * polynomial(SINE_SERIES, y * y) + PI_LOW / 2 * (1 - 0.5 * y * y))
    return np.where((size <= math.pi / 4) | (size >= 3 * math.pi / 4), outer, middle)


def normal_cdf(x: ArrayLike) -> Array:
    """Φ(x), the standard normal distribution function. At most 6 ulp, in the lower tail too.

    Up to |x| = 1 by the series ½ + φ(x) (x + x³/3 + x⁵/(3·5) + …), see Marsaglia 2004, J. Stat. Softw. 11(4); beyond it
    by Laplace's continued fraction 1 - Φ(x) = φ(x) / (x + 1/(x + 2/(x + 3/(x + …)))).
    """
    flat = np.array(x, np.float64).reshape(-1)
    value = np.full_like(flat, np.nan)
    center, tail = np.abs(flat) <= 1, np.abs(flat) > 1
    at = flat[center]
    total = np.ones_like(at)
    for n in range(CENTER_TERMS, 0, -1):
        total = 1 + at * at / (2 * n + 1) * total
    value[center] = 0.5 + at * total * _normal_density(at)
    at = np.minimum(np.abs(flat[tail]), 40)  # beyond it Φ(-x) is 0
    denominator = 0.5 * (at + np.sqrt(at * at + 4 * TAIL_TERMS))  # solves d = x + n / d
    for n in range(TAIL_TERMS, 0, -1):
        denominator = at + n / denominator
    beyond = _normal_density(at) / denominator
    value[tail] = np.where(flat[tail] > 0, 1 - beyond, beyond)
    return value.reshape(np.shape(x))


def normal_quantile(p: ArrayLike) -> Array:
    """Φ⁻¹(p), Wichura 1988, Applied Statistics 37(3), algorithm AS 241 (PPND16). At most 8 ulp; -inf at 0, inf at 1 and
    NaN outside."""
    p = np.asarray(p, np.float64)
    p = np.where((p >= 0) & (p <= 1), p, np.nan)
    q = p - 0.5
    r = 0.180625 - q * q
    center = q * polynomial(QUANTILE_CENTER[0], r) / polynomial(QUANTILE_CENTER[1], r)
    tail = np.where(q < 0, p, 1 - p)
    r = np.sqrt(-log(np.where((tail > 0) & (tail < 0.5), tail, 0.25)))
    outer = polynomial(QUANTILE_OUTER[0], r - 1.6) / polynomial(QUANTILE_OUTER[1], r - 1.6)
    far = polynomial(QUANTILE_FAR[0], r - 5) / polynomial(QUANTILE_FAR[1], r - 5)
    size = np.where(tail > 0, np.where(r <= 5, outer, far), np.where(tail == 0, np.inf, np.nan))
    return np.where(np.abs(q) <= 0.425, center, np.where(q < 0, -size, size))


def polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """By Horner's rule, coefficients from the highest power down."""
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def _normal_density(x: Array) -> Array:
    """φ(x) of |x| ≤ 40: x = a + b with a² exact, since an error of x² would be multiplied by it."""
    a = (x + 1.5 * 2.0**40) - 1.5 * 2.0**40  # x to 2^-12
    return INVERSE_ROOT_2PI * exp(-0.5 * a * a) * exp(-0.5 * (x - a) * (x + a))
