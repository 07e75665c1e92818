//! Root-mean-square norm (Zhang and Sennrich 2019, arXiv:1910.07467).

/// out (n,) = weight * x / sqrt(mean(x^2) + eps).
pub fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let scale = scale(x, eps);
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        *out = x * scale * weight;
    }
}

/// out (n,) += weight * x / sqrt(mean(x^2) + eps): the norm after a block, added to the residual stream.
pub fn add_rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let scale = scale(x, eps);
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        *out += x * scale * weight;
    }
}

/// x (n,) = weight * x / sqrt(mean(x^2) + eps), in place: the norm of a head.
pub fn rms_norm_in_place(x: &mut [f32], weight: &[f32], eps: f32) {
    let scale = scale(x, eps);
    for (x, weight) in x.iter_mut().zip(weight) {
        *x *= scale * weight;
    }
}

fn scale(x: &[f32], eps: f32) -> f32 {
    let sum: f32 = x.iter().map(|x| x * x).sum();
    1.0 / (sum / x.len() as f32 + eps).sqrt()
}
