//! The exponential function, written so that the compiler vectorizes it. The library's version is one call for each
//! number.

/// e^x with a relative error below 2e-7, for x clamped to -87 .. 88 (Cephes, `expf`: x = n ln 2 + r, and a polynomial
/// in r).
pub(crate) fn exp(x: f32) -> f32 {
    /// Adding it to a float leaves the nearest whole number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts, so that n ln 2 is exact.
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4_f32;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 0.166_666_66;
    let p = p * r + 0.5;
    let power = f32::from_bits((shifted.to_bits().wrapping_add(127)) << 23);
    (p * r * r + r + 1.0) * power
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_the_exponential() {
        for step in -8700i16..8800 {
            let x = f32::from(step) / 100.0;
            let (got, expected) = (f64::from(super::exp(x)), f64::from(x).exp());
            assert!((got / expected - 1.0).abs() < 4e-7, "{x}: {got} {expected}");
        }
    }
}
