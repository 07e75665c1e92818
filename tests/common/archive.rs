//! Packs files for tests: ZIP, gzip and zstd.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// Compression of a ZIP member.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Method {
    Store,
    Deflate,
    Zstd,
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}

/// A gzip file of `start`, followed by `num_bytes` equal bytes.
pub(crate) fn gzip_of(start: &[u8], byte: u8, num_bytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(start).expect("memory takes bytes");
    let block = vec![byte; 1 << 20];
    for _ in 0..num_bytes >> 20 {
        encoder.write_all(&block).expect("memory takes bytes");
    }
    encoder.finish().expect("memory takes bytes")
}

pub(crate) fn gzip_zeros(num_bytes: usize) -> Vec<u8> {
    gzip_of(b"", 0, num_bytes)
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A ZIP with these members; a name that ends with `/` is a folder.
pub(crate) fn zip(members: &[(&str, Method, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, method, bytes) in members {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let (number, packed) = match method {
            Method::Store => (0_u16, bytes.to_vec()),
            Method::Deflate => {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(bytes).expect("memory takes bytes");
                (8, encoder.finish().expect("memory takes bytes"))
            }
            Method::Zstd => (93, zstd(bytes)),
        };
        let mut common = Vec::new();
        common.extend([20_u16, 0, number, 0, 0x21].iter().flat_map(|field| field.to_le_bytes()));
        common.extend(crc.sum().to_le_bytes());
        for size in [packed.len(), bytes.len()] {
            common.extend(u32::try_from(size).expect("small").to_le_bytes());
        }
        common.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
        common.extend([0; 2]);
        let at = u32::try_from(archive.len()).expect("small");
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(name.as_bytes());
        archive.extend(packed);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = u32::try_from(archive.len()).expect("small");
    let size = u32::try_from(directory.len()).expect("small");
    let count = u16::try_from(members.len()).expect("few");
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count, count].iter().flat_map(|count| count.to_le_bytes()));
    archive.extend([size, at].iter().flat_map(|field| field.to_le_bytes()));
    archive.extend([0; 2]);
    archive
}

/// Changes the size in a member's directory entry to another one, in the form of ZIP64.
pub(crate) fn declare_size(archive: &mut Vec<u8>, name: &str, num_bytes: u64) {
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).rposition(|window| window == what).expect("there");
    let at = find(archive, name.as_bytes());
    let end = at + name.len();
    // The size value that refers to the extra field, and the extra field after the name.
    archive[at - 22..at - 18].copy_from_slice(&u32::MAX.to_le_bytes());
    archive[at - 16..at - 14].copy_from_slice(&12_u16.to_le_bytes());
    let extra = [&1_u16.to_le_bytes()[..], &8_u16.to_le_bytes(), &num_bytes.to_le_bytes()].concat();
    archive.splice(end..end, extra);
    let tail = find(archive, b"PK\x05\x06");
    let size = u32::from_le_bytes(archive[tail + 12..tail + 16].try_into().expect("four")) + 12;
    archive[tail + 12..tail + 16].copy_from_slice(&size.to_le_bytes());
}
