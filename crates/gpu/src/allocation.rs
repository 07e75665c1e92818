//! Memory of the device that belongs together and is given back together.

use super::Gpu;

/// Largest piece of what is reserved.
const PIECE_BYTES: u64 = 1 << 30;

/// Buffers that belong together. Browsers free a buffer's memory when it is destroyed, or whenever they next collect
/// garbage, which may be after the next model did not fit: so these are destroyed when this is dropped.
#[derive(Debug, Default)]
pub struct Allocation {
    buffers: Vec<wgpu::Buffer>,
}

impl Allocation {
    /// Bytes in all.
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
    /// Notes the buffers that are made from now on, until [`Gpu::collected`].
    pub fn collect(&self) {
        self.collecting.replace(Some(Vec::new()));
    }

    /// The buffers made since [`Gpu::collect`]: whoever made them is to drop this last.
    pub fn collected(&self) -> Allocation {
        Allocation { buffers: self.collecting.take().unwrap_or_default() }
    }

    /// Takes `num_bytes` of memory for later.
    pub fn reserve(&self, num_bytes: u64) -> Allocation {
        // A stack of its own, so that what is reserved does not count as made.
        let outer = self.collecting.replace(Some(Vec::new()));
        let piece = self.caps().max_buffer_bytes.min(PIECE_BYTES);
        let sizes = (0..num_bytes.div_ceil(piece)).map(|index| piece.min(num_bytes - index * piece));
        sizes.for_each(|size| drop(self.storage("reserved", size)));
        let reserved = self.collected();
        self.collecting.replace(outer);
        reserved
    }
}
