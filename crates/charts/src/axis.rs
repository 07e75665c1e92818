//! Scales from numbers to positions, with ticks at round numbers.

use super::words::Unit;

/// A linear scale from numbers to pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The number at the start.
    pub low: f64,
    /// The number at the end.
    pub high: f64,
    /// Round numbers from `low` to `high`. Each end is included if it is round.
    pub ticks: Vec<f64>,
    step: f64,
    unit: Unit,
    from: f32,
    to: f32,
}

/// Length that a tick's label takes along a horizontal axis.
const TICK_ROOM: f32 = 52.0;
/// Length that a tick's label takes along a vertical axis.
const UPRIGHT_TICK_ROOM: f32 = 34.0;

impl Axis {
    /// An axis that includes all values and 0, from one position to another. A vertical axis runs from its bottom up.
    #[must_use]
    pub fn new(unit: Unit, values: impl IntoIterator<Item = f64>, from: f32, to: f32) -> Self {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if high <= low {
            high = low + if unit == Unit::Share { 0.05 } else { 1.0 };
        }
        Self::between(unit, low, high, from, to)
    }

    /// An axis from one number to another. Both ends are moved outwards to round numbers.
    #[must_use]
    pub fn between(unit: Unit, low: f64, high: f64, from: f32, to: f32) -> Self {
        let room = if to < from { UPRIGHT_TICK_ROOM } else { TICK_ROOM };
        let most = f64::from(((to - from).abs() / room).floor().clamp(1.0, 8.0));
        let mut step = step(high - low, most);
        if unit == Unit::Count {
            step = step.max(1.0);
        }
        let is_at_most_all = high <= 1.0;
        // A number that misses the tick only by rounding counts as being on it.
        let (low, high) = (((low / step) + 1e-9).floor() * step, ((high / step) - 1e-9).ceil() * step);
        // Shares end at 100 %.
        let high = if unit == Unit::Share && is_at_most_all { high.min(1.0) } else { high };
        let ticks =
            (0..=20).map(|tick| f64::from(tick).mul_add(step, low)).take_while(|tick| *tick <= high + step * 1e-6);
        Self { low, high, ticks: ticks.collect(), step, unit, from, to }
    }

    /// Position of a number. A number outside the axis gets the position of the nearer end.
    #[must_use]
    pub fn at(&self, value: f64) -> f32 {
        #[expect(clippy::cast_possible_truncation, reason = "a share of a length")]
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) as f32;
        (self.to - self.from).mul_add(share, self.from)
    }

    /// Text of a tick's label.
    #[must_use]
    pub fn label(&self, tick: f64) -> String {
        // A sum of steps may miss 0 by rounding.
        let tick = if tick.abs() < self.step * 1e-6 { 0.0 } else { tick };
        match self.unit {
            Unit::Share => {
                let decimals = decimals(self.step * 100.0);
                format!("{:.decimals$}\u{a0}%", tick * 100.0)
            }
            Unit::Count | Unit::Points => {
                let decimals = decimals(self.step);
                format!("{tick:.decimals$}")
            }
        }
    }

    /// Start and end of the axis in pixels.
    #[must_use]
    pub const fn ends(&self) -> (f32, f32) {
        (self.from, self.to)
    }
}

/// The smallest round step that divides `range` into at most `most` parts. Round steps are 1, 2, 2.5 and 5 times a
/// power of ten.
fn step(range: f64, most: f64) -> f64 {
    let least = (range / most).max(1e-9);
    let power = 10_f64.powf(least.log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    factors.into_iter().map(|factor| factor * power).find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(least)
}

/// Number of decimals needed to distinguish multiples of a step.
fn decimals(step: f64) -> usize {
    (0..6)
        .find(|&places| ((step * 10_f64.powi(places)).fract() - 0.5).abs() > 0.499_9)
        .map_or(6, |places| places.unsigned_abs() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_the_values() {
        let axis = Axis::new(Unit::Share, [0.123, 0.31], 0.0, 300.0);
        assert_eq!((axis.low, axis.high), (0.0, 0.4));
        assert_eq!(
            axis.ticks.iter().map(|&tick| axis.label(tick)).collect::<Vec<_>>().join(" "),
            "0\u{a0}% 10\u{a0}% 20\u{a0}% 30\u{a0}% 40\u{a0}%"
        );
        assert!((axis.at(0.2) - 150.0).abs() < 1e-3);
        let axis = Axis::new(Unit::Share, [-0.05, 0.03], 0.0, 200.0);
        assert!(axis.low <= -0.05 && axis.high >= 0.03 && axis.ticks.iter().any(|tick| tick.abs() < 1e-9));
        let axis = Axis::new(Unit::Share, [1.0], 0.0, 500.0);
        assert!((axis.high - 1.0).abs() < 1e-12);
        let axis = Axis::new(Unit::Points, [3.0, 87.2], 200.0, 0.0);
        assert_eq!((axis.low, axis.high, axis.at(0.0), axis.at(100.0)), (0.0, 100.0, 200.0, 0.0));
    }

    #[test]
    fn an_axis_of_nothing_is_an_axis() {
        for unit in [Unit::Share, Unit::Points, Unit::Count] {
            let axis = Axis::new(unit, [], 10.0, 110.0);
            assert!(axis.high > axis.low && axis.at(0.0).is_finite() && !axis.ticks.is_empty());
            assert!(Axis::new(unit, [f64::NAN, 5.0], 10.0, 110.0).high >= 5.0);
        }
    }
}
