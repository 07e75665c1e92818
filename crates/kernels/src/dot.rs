//! Dot products of floats.

use wide::f32x4;

/// Dot product of two slices of the same length, which is a multiple of four.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let mut sums = [f32x4::ZERO; 4];
    for (a, b) in a.iter().zip(b) {
        let (a, b): ([f32x4; 4], [f32x4; 4]) = (bytemuck::cast(*a), bytemuck::cast(*b));
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    for (a, b) in a_rest.as_chunks::<4>().0.iter().zip(b_rest.as_chunks::<4>().0) {
        sums[0] += f32x4::new(*a) * f32x4::new(*b);
    }
    ((sums[0] + sums[1]) + (sums[2] + sums[3])).reduce_add()
}
