//! What a load would cost, in numbers that are known before its first byte: the reader agrees to these.

use askew_protocol::DEFAULT_CONTEXT;
use askew_protocol::{Device, Probe, ReadSpeed};

/// Bytes of a number in the cache.
const FLOAT_BYTES: u64 = 4;

/// Bytes of the cache of a model with so many layers, and so many keys in each, for as many tokens as a model is laid out
/// for: keys and values, for each column.
#[must_use]
pub fn cache_bytes((layers, keys): (u64, u64), columns: u64) -> u64 {
    2 * layers * keys * FLOAT_BYTES * DEFAULT_CONTEXT as u64 * columns
}

/// Whether what is needed is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is more than there is, in bytes.
    TooMuch(u64),
    /// It is no more than there is, in bytes.
    Fits(u64),
    /// Nobody says how much there is.
    Unknown,
}

impl Fit {
    /// Of `needed` bytes where `granted` are there.
    #[must_use]
    pub fn of(needed: u64, granted: Option<u64>) -> Self {
        match granted {
            Some(granted) if needed > granted => Self::TooMuch(granted),
            Some(granted) => Self::Fits(granted),
            None => Self::Unknown,
        }
    }
}

/// The memory that a model on this machine must fit into, where anybody says: on the CPU what a page can address.
#[must_use]
pub fn memory(probe: &Probe) -> Option<u64> {
    match probe {
        Probe::Ready(Device { memory_bytes, .. }) => *memory_bytes,
        Probe::Missing(_) => Some(1 << 32),
    }
}

/// The fewest and the most tokens a second that a device decodes which reads so fast, from a file of `num_bytes`: a token
/// reads all of it once. Attention and the choice of the token take more time.
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
