//! The cost of a load, computed before its first byte is read. The reader agrees to these numbers.

use askew_protocol::{DEFAULT_CONTEXT, Device, Probe, ReadSpeed};

/// Bytes of one number in the KV cache (`f32`).
const FLOAT_BYTES: u64 = 4;

/// Bytes of the KV cache of a model with this many layers, and this many key values per token in each layer. It holds
/// keys and values for [`DEFAULT_CONTEXT`] tokens in each column.
#[must_use]
pub fn cache_bytes((layers, keys): (u64, u64), columns: u64) -> u64 {
    2 * layers * keys * FLOAT_BYTES * DEFAULT_CONTEXT as u64 * columns
}

/// Whether the memory needed is available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// More is needed than this many bytes, which are available.
    TooMuch(u64),
    /// It fits into this many bytes, which are available.
    Fits(u64),
    /// The amount of available memory is not known.
    Unknown,
}

impl Fit {
    /// Compares the `needed` bytes with the `granted` ones.
    #[must_use]
    pub fn of(needed: u64, granted: Option<u64>) -> Self {
        match granted {
            Some(granted) if needed > granted => Self::TooMuch(granted),
            Some(granted) => Self::Fits(granted),
            None => Self::Unknown,
        }
    }
}

/// The memory in bytes that a model on this machine must fit into, if known. On the CPU it is what a page can address
/// (4 GiB).
#[must_use]
pub fn memory(probe: &Probe) -> Option<u64> {
    match probe {
        Probe::Ready(Device { memory_bytes, .. }) => *memory_bytes,
        Probe::Missing(_) => Some(1 << 32),
    }
}

/// The lowest and the highest decode speed, in tokens per second, of a device with this read speed and a file of
/// `num_bytes`. Each token reads the whole file once. Attention and sampling take more time, so real speeds are lower.
#[must_use]
pub fn tokens_per_sec(speed: ReadSpeed, num_bytes: u64) -> (f64, f64) {
    let of = |bytes_per_sec: f64| bytes_per_sec / num_bytes.max(1) as f64;
    let (slow, fast) = (of(speed.small), of(speed.large));
    (slow.min(fast), slow.max(fast))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_told_from_what_does_not() {
        assert_eq!(Fit::of(10, Some(9)), Fit::TooMuch(9));
        assert_eq!(Fit::of(9, Some(9)), Fit::Fits(9));
        assert_eq!(Fit::of(u64::MAX, None), Fit::Unknown);
        let ready = |memory_bytes| Probe::Ready(Device { memory_bytes, ..Device::default() });
        assert_eq!((memory(&ready(None)), memory(&ready(Some(7)))), (None, Some(7)));
        assert_eq!(memory(&Probe::Missing("none".into())), Some(4_294_967_296));
    }

    #[test]
    fn speeds_are_what_is_read_by_what_a_token_reads() {
        let speed = ReadSpeed { small: 2e9, large: 8e9 };
        assert_eq!(tokens_per_sec(speed, 500_000_000), (4.0, 16.0));
        let swapped = ReadSpeed { small: 8e9, large: 2e9 };
        assert_eq!(tokens_per_sec(swapped, 500_000_000), (4.0, 16.0));
        assert!(tokens_per_sec(speed, 0).1.is_finite());
    }
}
