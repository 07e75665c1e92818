//! Measures memory bandwidth: the device's maximum, which limits decoding because every weight is read once per token,
//! and the rate that matrix products reach.

use super::matrix::GpuMatrix;
use super::ops::matmul::{Epilogue, Input, Matmul, matmul};
use super::{Gpu, GpuError};
use askew_model::gguf::TensorInfo;
use askew_model::quant::Quant;

/// Bytes of weights that are read per round, more than the caches of most GPUs hold.
const ROUND_BYTES: usize = 64 << 20;
/// Bytes of a typical matrix in the layers of a small and of a large model.
const MATRIX_BYTES: [usize; 2] = [1 << 20, 32 << 20];
/// Minimum duration of a measurement in milliseconds. Browsers' clocks have steps of 0.1 ms.
const LONG_ENOUGH_MS: f64 = 100.0;
/// Row length of these matrices in weights.
const ROW_LEN: usize = 1024;
/// Format of these matrices. Small models mostly use it or a smaller one.
const QUANT: Quant = Quant::Q8_0;

impl Gpu {
    /// Measures how many bytes of weights per second matrix products read, with one product after the other as in
    /// decoding. The two results are for matrices of 1 MiB and of 32 MiB. `now_ms` is a clock in milliseconds.
    ///
    /// # Errors
    /// A fault of the device, for example too little memory.
    pub async fn read_speed(&self, now_ms: impl Fn() -> f64) -> Result<(f64, f64), GpuError> {
        let [small, large] = MATRIX_BYTES;
        Ok((self.matmul_speed(small, &now_ms).await?, self.matmul_speed(large, &now_ms).await?))
    }

    async fn matmul_speed(&self, matrix_bytes: usize, now_ms: impl Fn() -> f64) -> Result<f64, GpuError> {
        let num_rows = matrix_bytes / QUANT.row_bytes(ROW_LEN);
        let tensor = TensorInfo {
            name: "speed".to_owned(),
            shape: vec![ROW_LEN as u64, num_rows as u64],
            quant: QUANT,
            offset: 0,
            num_bytes: matrix_bytes as u64,
        };
        self.collect();
        let build = || {
            let [x, out] = [ROW_LEN, num_rows].map(|len| self.storage("speed", 4 * len as u64));
            let (input, epilogue) = (Input::Plain(&x), Epilogue::Store(&out));
            let mut dispatches = Vec::new();
            for _ in 0..ROUND_BYTES / matrix_bytes {
                let (w, _) = GpuMatrix::stacked(self, &[&tensor])?;
                dispatches.extend(matmul(
                    self,
                    Matmul { w: &w, lanes: 1, input, bias: None, low_rank: None, epilogue, is_fast: false },
                )?);
            }
            Ok(dispatches)
        };
        let built = self.checked(build).await;
        // Frees the buffers at the end of the scope.
        let _memory = self.collected();
        let dispatches = built?;
        let mut number = 1;
        loop {
            // The first run includes the time to allocate the memory, so it is not measured.
            self.submit(&[&dispatches[..number]], None);
            self.flush().await?;
            let (start, before) = (now_ms(), self.counts());
            self.submit(&[&dispatches[..number]], None);
            self.flush().await?;
            let elapsed_ms = (now_ms() - start).max(1e-3);
            // On a slow device, a few dispatches are enough.
            if elapsed_ms >= LONG_ENOUGH_MS || number == dispatches.len() {
                return Ok(self.counts().since(before).weight_bytes as f64 / elapsed_ms * 1e3);
            }
            number = (4 * number).min(dispatches.len());
        }
    }

    /// Measures how many bytes per second the device moves when it copies a buffer of `num_bytes`. Bytes read and bytes
    /// written are both counted. `now_ms` is a clock in milliseconds.
    ///
    /// # Errors
    /// A fault of the device, for example too little memory.
    pub async fn copy_bandwidth(&self, num_bytes: u64, now_ms: impl Fn() -> f64) -> Result<f64, GpuError> {
        const COPIES: u32 = 4;
        let num_bytes = num_bytes.min(self.caps().max_buffer_bytes);
        let [from, to] = self.checked(|| Ok(["from", "to"].map(|label| self.storage(label, num_bytes)))).await?;
        let mut best = 0.0f64;
        // The first round includes the time to allocate the memory. The best of the others is the result.
        for round in 0..4 {
            let start = now_ms();
            let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            (0..COPIES).for_each(|_| encoder.copy_buffer_to_buffer(&from, 0, &to, 0, num_bytes));
            self.queue.submit([encoder.finish()]);
            self.flush().await?;
            let seconds = (now_ms() - start).max(1e-3) / 1e3;
            if round > 0 {
                best = best.max(2.0 * f64::from(COPIES) * num_bytes as f64 / seconds);
            }
        }
        from.destroy();
        to.destroy();
        Ok(best)
    }
}
