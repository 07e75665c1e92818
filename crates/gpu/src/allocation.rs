//! Device memory that is allocated as a group and freed as a group.

use super::Gpu;

/// Largest buffer in bytes that [`Gpu::reserve`] creates.
const PIECE_BYTES: u64 = 1 << 30;

/// Buffers that belong together. They are destroyed when this is dropped. Otherwise a browser frees their memory at its
/// next garbage collection, which may be too late for the next model.
#[derive(Debug, Default)]
pub struct Allocation {
    buffers: Vec<wgpu::Buffer>,
}

impl Allocation {
    /// Size of all buffers in bytes.
    pub fn num_bytes(&self) -> u64 {
        self.buffers.iter().map(wgpu::Buffer::size).sum()
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        self.buffers.iter().for_each(wgpu::Buffer::destroy);
    }
}

impl Gpu {
    /// Starts to record the buffers that are created, until [`Gpu::collected`].
    pub fn collect(&self) {
        self.collecting.replace(Some(Vec::new()));
    }

    /// Returns the buffers created since [`Gpu::collect`]. The caller must drop this after everything that uses them.
    pub fn collected(&self) -> Allocation {
        Allocation { buffers: self.collecting.take().unwrap_or_default() }
    }

    /// Allocates `num_bytes` of memory, to be freed when it is needed.
    pub fn reserve(&self, num_bytes: u64) -> Allocation {
        // Uses a separate list, so that the reserved buffers do not count as buffers of the model.
        let outer = self.collecting.replace(Some(Vec::new()));
        let piece = self.caps().max_buffer_bytes.min(PIECE_BYTES);
        let sizes = (0..num_bytes.div_ceil(piece)).map(|index| piece.min(num_bytes - index * piece));
        sizes.for_each(|size| drop(self.storage("reserved", size)));
        let reserved = self.collected();
        self.collecting.replace(outer);
        reserved
    }
}
