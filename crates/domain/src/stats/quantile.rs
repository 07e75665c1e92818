//! Quantiles of the beta distribution and of Student's t, in a bounded number of steps for any size of the counts.
//!
//! statrs searches for the beta quantile without an end from about n = 7.3 million, and its distribution function loses
//! all digits long before 10^15. Counts come from files, so nothing here depends on them but the numbers themselves.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::erf::erfc;

/// The density is integrated where it is above e^-40 (4e-18) of its peak. What is left out does not change a double.
const CUT: f64 = -40.0;
/// Pieces of the integral on each side of the peak. Their ends are at squares of whole numbers, so they are narrow
/// where the density is large.
const NUM_PIECES: u32 = 8;
/// Halvings of the last piece: more than a double has bits.
const NUM_HALVINGS: usize = 54;
/// Gauss and Legendre's nodes and weights of eight points, for -1 to 1 (Abramowitz and Stegun 1964, table 25.4).
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
];
/// From so many degrees of freedom Student's t is computed by its expansions at the normal distribution, with errors
/// below 1e-12.
const MANY_DEGREES: f64 = 2_000.0;
/// The standard normal's 97.5 % quantile.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// A beta density with its peak between 0 and 1, as a function of the distance from the peak, and 1 there.
struct Peak {
    a: f64,
    b: f64,
    /// The peak's distance from 0, and from 1. Each is computed for itself, because one may be below 1e-15.
    from_0: f64,
    from_1: f64,
}

impl Peak {
    /// The logarithm of the density. Near the peak the linear terms of both logarithms cancel exactly, so only what is
    /// left is computed. This keeps all digits for any a and b.
    fn log(&self, distance: f64) -> f64 {
        self.a * log_less_linear(distance / self.from_0) + self.b * log_less_linear(-distance / self.from_1)
    }

    fn at(&self, distance: f64) -> f64 {
        self.log(distance).exp()
    }

    /// The distance at which the density has vanished, at most `end`. It may be negative.
    fn reach(&self, end: f64) -> f64 {
        let mut reach = end;
        while self.log(0.8 * reach) < CUT {
            reach *= 0.8;
        }
        reach
    }

    fn integral(&self, from: f64, to: f64) -> f64 {
        let (half, centre) = ((to - from) / 2.0, f64::midpoint(from, to));
        let pair =
            |&(node, weight): &(f64, f64)| weight * (self.at(centre - half * node) + self.at(centre + half * node));
        half * NODES.iter().map(pair).sum::<f64>()
    }

    /// The place with a share `p` of the area on its left.
    fn quantile(&self, p: f64) -> f64 {
        let (left, right) = (self.reach(-self.from_0), self.reach(self.from_1));
        let share = |piece: u32| f64::from(piece * piece) / f64::from(NUM_PIECES * NUM_PIECES);
        let ends: Vec<f64> = (0..=NUM_PIECES)
            .map(|piece| left * share(NUM_PIECES - piece))
            .chain((1..=NUM_PIECES).map(|piece| right * share(piece)))
            .collect();
        let pieces: Vec<(f64, f64, f64)> =
            ends.iter().zip(ends.iter().skip(1)).map(|(&from, &to)| (from, to, self.integral(from, to))).collect();
        let mut rest = p * pieces.iter().map(|(_, _, area)| area).sum::<f64>();
        for (from, to, area) in pieces {
            if rest < area {
                return self.from_0 + self.within(from, to, rest);
            }
            rest -= area;
        }
        self.from_0 + right
    }

    /// The place between `from` and `to` with `area` between `from` and it.
    fn within(&self, from: f64, to: f64, area: f64) -> f64 {
        let (mut low, mut high) = (from, to);
        let mut place = f64::midpoint(low, high);
        for _ in 0..NUM_HALVINGS {
            let excess = self.integral(from, place) - area;
            if excess > 0.0 {
                high = place;
            } else {
                low = place;
            }
            // Newton's step, or a halving if that leaves the bounds.
            let step = excess / self.at(place);
            let next = place - step;
            if step.abs() <= f64::EPSILON * (to - from) {
                return next;
            }
            place = if low < next && next < high { next } else { f64::midpoint(low, high) };
        }
        place
    }
}

/// ln(1 + x) - x, with all digits also for small x. -inf at -1.
fn log_less_linear(x: f64) -> f64 {
    if x.abs() > 0.2 {
        return x.ln_1p() - x;
    }
    // ln(1 + x) = 2 artanh(r) with r = x / (2 + x), and 2 r - x = -r x. The terms fall by 80 or more.
    let ratio = x / (2.0 + x);
    let square = ratio * ratio;
    let series = (0..9).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 3));
    2.0 * ratio * square * series - ratio * x
}

/// The beta distribution's quantile, for parameters of 1 or more as counts have. `None` for smaller ones.
///
/// The density is integrated piece by piece around its peak, where it is smooth, and divided by its whole area, so no
/// gamma function is needed.
pub(super) fn beta(a: f64, b: f64, p: f64) -> Option<f64> {
    if !(a >= 1.0 && b >= 1.0 && a.is_finite() && b.is_finite()) {
        return None;
    }
    // Without a peak inside, the distribution function is 1 - (1 - x)^b or x^a.
    if a <= 1.0 {
        return Some(-((-p).ln_1p() / b).exp_m1());
    }
    if b <= 1.0 {
        return Some((p.ln() / a).exp());
    }
    let (a, b) = (a - 1.0, b - 1.0);
    Some(Peak { a, b, from_0: a / (a + b), from_1: b / (a + b) }.quantile(p).clamp(0.0, 1.0))
}

/// The 97.5 % quantile of Student's t. `None` if there are no degrees of freedom.
pub(super) fn student_t(freedom: f64) -> Option<f64> {
    if freedom < MANY_DEGREES {
        return Some(StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(0.975));
    }
    // Cornish and Fisher's expansion (Abramowitz and Stegun 1964, 26.7.5).
    let square = Z * Z;
    let terms = [
        (square + 1.0) / 4.0,
        ((5.0 * square + 16.0) * square + 3.0) / 96.0,
        (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
    ];
    Some(Z * (1.0 + terms.iter().rev().fold(0.0, |sum, term| (sum + term) / freedom)))
}

/// Two-sided p of a t statistic. `None` if there are no degrees of freedom.
#[must_use]
pub fn two_sided(t: f64, freedom: f64) -> Option<f64> {
    if freedom < MANY_DEGREES {
        let distribution = StudentsT::new(0.0, 1.0, freedom).ok()?;
        // The lower tail, where the distribution function keeps its digits.
        return Some((2.0 * distribution.cdf(-t.abs())).min(1.0));
    }
    // Hill's normal deviate (1970, Algorithm 395).
    let size = freedom - 0.5;
    let scale = 48.0 * size * size;
    let y = size * (t * t / freedom).ln_1p();
    let tail = ((((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + scale) + y + 3.0) / scale + 1.0;
    Some(erfc(tail * (y / 2.0).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_below_one_have_none() {
        for (a, b) in [(0.0, 1.0), (1.0, 0.0), (0.5, 2.0), (f64::NAN, 1.0), (2.0, f64::INFINITY)] {
            assert_eq!(beta(a, b, 0.5), None, "{a} {b}");
        }
        assert_eq!((student_t(0.0), student_t(-1.0), two_sided(1.0, 0.0)), (None, None, None));
    }

    /// The two ways to compute t and p agree where one takes over from the other.
    #[test]
    fn student_t_has_no_step() {
        let exact = StudentsT::new(0.0, 1.0, MANY_DEGREES).unwrap();
        assert!((student_t(MANY_DEGREES).unwrap() - exact.inverse_cdf(0.975)).abs() < 1e-11);
        for t in [0.1, 1.0, 2.0, 4.0] {
            let (found, expected) = (two_sided(t, MANY_DEGREES).unwrap(), 2.0 * exact.cdf(-t));
            assert!((found - expected).abs() < 1e-10, "{t}: {found} {expected}");
        }
    }

    proptest! {
        #[test]
        fn quantiles_rise_and_mirror(a in 1u32..4_000_000_000, b in 1u32..4_000_000_000, p in 0.001f64..0.999) {
            let (a, b) = (f64::from(a), f64::from(b));
            let (found, mirrored) = (beta(a, b, p).unwrap(), beta(b, a, 1.0 - p).unwrap());
            prop_assert!((found + mirrored - 1.0).abs() < 1e-14, "{} {}", found, mirrored);
            prop_assert!(found <= beta(a, b, p + 0.0005).unwrap());
        }

        #[test]
        fn small_and_large_logarithms_agree(x in 0.15f64..0.2) {
            for x in [x, -x] {
                prop_assert!((log_less_linear(x) - (x.ln_1p() - x)).abs() < 1e-16);
            }
        }
    }
}
