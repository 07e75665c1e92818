//! What a device could move at most: the yardstick for decoding, which reads every weight once.

use super::{Gpu, GpuError};

impl Gpu {
    /// Bytes a second that the device moves when it copies a buffer of `num_bytes`: read and written ones together. `now_ms`
    /// is a clock in milliseconds.
    ///
    /// # Errors
    /// A fault of the device, lack of memory among them.
    pub async fn copy_bandwidth(&self, num_bytes: u64, now_ms: impl Fn() -> f64) -> Result<f64, GpuError> {
        const COPIES: u32 = 4;
        let num_bytes = num_bytes.min(self.caps().max_buffer_bytes);
        let [from, to] = self.checked(|| Ok(["from", "to"].map(|label| self.storage(label, num_bytes)))).await?;
        let mut best = 0.0f64;
        // The first round pays for the memory itself; the best of the others is what the device can do.
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
