//! Pseudo-random data for checks. It depends only on a seed.

use askew_model::quant::Quant;

/// Pseudo-random numbers between -1 and 1, which depend only on `seed`.
#[must_use]
pub fn noise(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 40) as f32) / 8_388_608.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// Pseudo-random weights in a file's format. Their magnitude is about `size`.
#[must_use]
pub fn random_weights(quant: Quant, num_weights: usize, size: f32, seed: u64) -> Vec<u8> {
    let half = |x: f32| half::f16::from_f32(x).to_le_bytes();
    let steps = |len: usize, seed: u64| noise(len, seed).into_iter().map(|x| x.to_bits().to_le_bytes()[1]);
    let mut bytes = Vec::new();
    for (block, value) in noise(num_weights / quant.block_len(), seed).into_iter().enumerate() {
        let block_seed = seed.wrapping_add(1 + block as u64);
        // A scale that is not near zero, for integers up to `most`.
        let scale = |most: f32| (value.abs().mul_add(0.8, 0.2) * size / most).copysign(value);
        // The positions of the scales in a block. The other bytes are integers and sub-scales, so any value is valid.
        let scales: &[(usize, f32)] = match quant {
            Quant::F32 => {
                bytes.extend((value * size).to_le_bytes());
                continue;
            }
            Quant::BF16 => {
                bytes.extend_from_slice(&(value * size).to_le_bytes()[2..]);
                continue;
            }
            Quant::F16 => &[(0, value * size)],
            Quant::Q4_0 => &[(0, scale(8.0))],
            Quant::Q4_1 => &[(0, scale(8.0)), (2, -8.0 * scale(8.0))],
            Quant::Q5_0 => &[(0, scale(16.0))],
            Quant::Q5_1 => &[(0, scale(16.0)), (2, -16.0 * scale(16.0))],
            Quant::Q8_0 | Quant::Iq4Nl => &[(0, scale(127.0))],
            Quant::Q2K => &[(80, scale(3.0 * 15.0)), (82, scale(30.0))],
            Quant::Q3K => &[(108, scale(4.0 * 31.0))],
            Quant::Q4K => &[(0, scale(15.0 * 63.0)), (2, scale(126.0))],
            Quant::Q5K => &[(0, scale(31.0 * 63.0)), (2, scale(126.0))],
            Quant::Q6K => &[(208, scale(32.0 * 127.0))],
        };
        let start = bytes.len();
        bytes.extend(steps(quant.block_bytes(), block_seed));
        for &(at, x) in scales {
            bytes[start + at..start + at + 2].copy_from_slice(&half(x));
        }
    }
    bytes
}
