//! Storage formats of weights: GGML's block formats, decoded bit for bit as in `ggml-quants.c`.
//!
//! There is one file per format, which decodes one block. [`Quant::dequantize`] decodes many blocks. The GPU stores the
//! same blocks in another order (`gpu::pack`) and decodes them in `gpu/ops/quant/<format>.wgsl`.

pub mod bf16;
pub mod f16;
pub mod f32;
pub mod iq4_nl;
pub mod q2_k;
pub mod q3_k;
pub mod q4_0;
pub mod q4_1;
pub mod q4_k;
pub mod q5_0;
pub mod q5_1;
pub mod q5_k;
pub mod q6_k;
pub mod q8_0;

/// Number of weights that the engine handles together. Most formats have blocks of this size. Plain floats are grouped
/// into blocks of this size, and a super-block has eight runs of it.
pub const BLOCK_LEN: usize = 32;
/// Weights in a super-block, which is the block of the K formats.
pub const SUPER_LEN: usize = 256;

/// A storage format that is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quant {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 16-bit floats with the exponent range of 32-bit floats.
    BF16,
    /// 4-bit integers around zero with one scale per block of 32.
    Q4_0,
    /// 4-bit integers with a scale and a minimum per block of 32.
    Q4_1,
    /// 5-bit integers around zero with one scale per block of 32.
    Q5_0,
    /// 5-bit integers with a scale and a minimum per block of 32.
    Q5_1,
    /// 8-bit integers with one scale per block of 32.
    Q8_0,
    /// 2-bit integers. Groups of 16 weights share a scale and a minimum. These are 4-bit integers, scaled by two 16-bit
    /// floats per super-block.
    Q2K,
    /// 3-bit integers around zero. Groups of 16 weights share a scale. The scales are 6-bit integers, scaled by one
    /// 16-bit float per super-block.
    Q3K,
    /// 4-bit integers. Groups of 32 weights share a scale and a minimum. These are 6-bit integers, scaled by two 16-bit
    /// floats per super-block.
    Q4K,
    /// 5-bit integers, otherwise the same as Q4_K.
    Q5K,
    /// 6-bit integers around zero, with 8-bit scales, otherwise the same as Q3_K.
    Q6K,
    /// Indices into sixteen values with uneven steps, with one scale per block of 32.
    Iq4Nl,
}

impl Quant {
    /// Every format, with GGML's number and name (`enum ggml_type`).
    const TABLE: [(Self, u32, &'static str); 14] = [
        (Self::F32, 0, "F32"),
        (Self::F16, 1, "F16"),
        (Self::BF16, 30, "BF16"),
        (Self::Q4_0, 2, "Q4_0"),
        (Self::Q4_1, 3, "Q4_1"),
        (Self::Q5_0, 6, "Q5_0"),
        (Self::Q5_1, 7, "Q5_1"),
        (Self::Q8_0, 8, "Q8_0"),
        (Self::Q2K, 10, "Q2_K"),
        (Self::Q3K, 11, "Q3_K"),
        (Self::Q4K, 12, "Q4_K"),
        (Self::Q5K, 13, "Q5_K"),
        (Self::Q6K, 14, "Q6_K"),
        (Self::Iq4Nl, 20, "IQ4_NL"),
    ];

    /// GGML's names of formats that are not supported, so that errors can name them.
    const OTHERS: [(u32, &'static str); 19] = [
        (9, "Q8_1"),
        (15, "Q8_K"),
        (16, "IQ2_XXS"),
        (17, "IQ2_XS"),
        (18, "IQ3_XXS"),
        (19, "IQ1_S"),
        (21, "IQ3_S"),
        (22, "IQ2_S"),
        (23, "IQ4_XS"),
        (24, "I8"),
        (25, "I16"),
        (26, "I32"),
        (27, "I64"),
        (28, "F64"),
        (29, "IQ1_M"),
        (34, "TQ1_0"),
        (35, "TQ2_0"),
        (39, "MXFP4"),
        (40, "NVFP4"),
    ];

    /// Every supported format.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TABLE.iter().map(|entry| entry.0)
    }

    /// The format with this GGML type number.
    ///
    /// # Errors
    /// The name (or number) of a format that is not supported.
    pub fn from_ggml(number: u32) -> Result<Self, String> {
        if let Some(entry) = Self::TABLE.iter().find(|entry| entry.1 == number) {
            return Ok(entry.0);
        }
        let other = Self::OTHERS.iter().find(|entry| entry.0 == number);
        Err(other.map_or_else(|| format!("type number {number}"), |entry| entry.1.to_owned()))
    }

    /// GGML's type number.
    pub fn ggml_number(self) -> u32 {
        Self::TABLE.iter().find(|entry| entry.0 == self).map_or(0, |entry| entry.1)
    }

    /// GGML's name.
    pub fn name(self) -> &'static str {
        Self::TABLE.iter().find(|entry| entry.0 == self).map_or("", |entry| entry.2)
    }

    /// The names of all supported formats, for error messages.
    pub fn names() -> String {
        Self::TABLE.map(|entry| entry.2).join(", ")
    }

    /// Number of weights in a block.
    pub fn block_len(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::BF16 => 1,
            Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 | Self::Q8_0 | Self::Iq4Nl => BLOCK_LEN,
            Self::Q2K | Self::Q3K | Self::Q4K | Self::Q5K | Self::Q6K => SUPER_LEN,
        }
    }

    pub fn block_bytes(self) -> usize {
        match self {
            Self::F32 => f32::BLOCK_BYTES,
            Self::F16 => f16::BLOCK_BYTES,
            Self::BF16 => bf16::BLOCK_BYTES,
            Self::Q4_0 => q4_0::BLOCK_BYTES,
            Self::Q4_1 => q4_1::BLOCK_BYTES,
            Self::Q5_0 => q5_0::BLOCK_BYTES,
            Self::Q5_1 => q5_1::BLOCK_BYTES,
            Self::Q8_0 => q8_0::BLOCK_BYTES,
            Self::Q2K => q2_k::BLOCK_BYTES,
            Self::Q3K => q3_k::BLOCK_BYTES,
            Self::Q4K => q4_k::BLOCK_BYTES,
            Self::Q5K => q5_k::BLOCK_BYTES,
            Self::Q6K => q6_k::BLOCK_BYTES,
            Self::Iq4Nl => iq4_nl::BLOCK_BYTES,
        }
    }

    /// Number of bytes in a row of `len` weights.
    pub fn row_bytes(self, len: usize) -> usize {
        len / self.block_len() * self.block_bytes()
    }

    /// Decodes whole blocks from `bytes` into `out` until one of them ends.
    pub fn dequantize(self, bytes: &[u8], out: &mut [f32]) {
        match self {
            Self::F32 => each_block(bytes, out, f32::decode),
            Self::F16 => each_block(bytes, out, f16::decode),
            Self::BF16 => each_block(bytes, out, bf16::decode),
            Self::Q4_0 => each_block(bytes, out, q4_0::decode),
            Self::Q4_1 => each_block(bytes, out, q4_1::decode),
            Self::Q5_0 => each_block(bytes, out, q5_0::decode),
            Self::Q5_1 => each_block(bytes, out, q5_1::decode),
            Self::Q8_0 => each_block(bytes, out, q8_0::decode),
            Self::Q2K => each_block(bytes, out, q2_k::decode),
            Self::Q3K => each_block(bytes, out, q3_k::decode),
            Self::Q4K => each_block(bytes, out, q4_k::decode),
            Self::Q5K => each_block(bytes, out, q5_k::decode),
            Self::Q6K => each_block(bytes, out, q6_k::decode),
            Self::Iq4Nl => each_block(bytes, out, iq4_nl::decode),
        }
    }
}

fn each_block<const BYTES: usize, const LEN: usize>(
    bytes: &[u8],
    out: &mut [f32],
    decode: impl Fn(&[u8; BYTES], &mut [f32; LEN]),
) {
    let (blocks, _) = bytes.as_chunks::<BYTES>();
    let (outs, _) = out.as_chunks_mut::<LEN>();
    for (block, out) in blocks.iter().zip(outs) {
        decode(block, out);
    }
}

/// The 16-bit float at byte `at`.
fn half_at(bytes: &[u8], at: usize) -> f32 {
    half::f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// Weights i and i + 16 of a block of 5-bit integers. Their low bits are the nibbles of one byte, their top bits are
/// bits i and i + 16 of `high`.
fn fifth_bits(nibbles: u8, high: u32, i: usize) -> (u8, u8) {
    let bit = |at: usize| u8::from(high >> at & 1 == 1) << 4;
    (nibbles & 0xF | bit(i), nibbles >> 4 | bit(i + 16))
}
