//! A hash that is the same on every device and in every release, because the page stores it.

/// FNV-1a over UTF-8, 64 bits (Fowler, Noll and Vo).
#[must_use]
pub fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published values of the empty text, "a" and "foobar".
    #[test]
    fn published_values() {
        let hashes = (fnv1a(""), fnv1a("a"), fnv1a("foobar"));
        assert_eq!(hashes, (0xCBF2_9CE4_8422_2325, 0xAF63_DC4C_8601_EC8C, 0x8594_4171_F739_67E8));
    }
}
