//! The cases of the self-test: every kernel and every format, with a few shapes each.

use std::rc::Rc;

use super::Parity;
use super::choices::{ChoiceCase, choices};
use super::matmuls::{GatedCase, JoinCase, MatmulCase, StackedCase, gated, joins, matmul, stacked};
use super::rows::{AttentionCase, EmbedCase, GateCase, RopeCase, attention, embed, gate, rope_cache};
use crate::ops::{DECODE_LANES, MAX_LANES, is_packed};
use crate::{Gpu, GpuError};
use askew_model::config::{Activation, RopeStyle};
use askew_model::quant::Quant;
use askew_model::reference::attention::Heads;
use askew_model::sampler::SamplerSettings;

/// Heads of SmolLM2-135M, where three query heads share a key head.
const HEADS: Heads = Heads { num_heads: 9, num_kv_heads: 3, head_dim: 64 };
/// Heads with the width of gemma3's.
const WIDE_HEADS: Heads = Heads { num_heads: 4, num_kv_heads: 1, head_dim: 256 };

/// One kernel with one shape. Each case is checked by the function with that name.
#[derive(Clone, Debug)]
pub enum Case {
    /// [`matmul`].
    Matmul(MatmulCase),
    /// [`joins`].
    Join(JoinCase),
    /// [`stacked`].
    Stacked(StackedCase),
    /// [`gated`].
    Gated(GatedCase),
    /// [`embed`].
    Embed(EmbedCase),
    /// [`gate`].
    Gate(GateCase),
    /// [`rope_cache`].
    Rope(RopeCase),
    /// [`attention`].
    Attention(AttentionCase),
    /// [`choices`].
    Choice(ChoiceCase),
}

/// A case with the name that the user sees.
#[derive(Clone, Debug)]
pub struct Check {
    /// The kernel and its shape.
    pub name: String,
    /// The check to run.
    pub case: Case,
}

impl Check {
    /// Whether the kernel reduces over a workgroup, which is done differently with subgroups.
    #[must_use]
    pub fn reduces(&self) -> bool {
        matches!(self.case, Case::Join(_) | Case::Rope(_) | Case::Attention(_) | Case::Choice(_))
    }

    /// Runs the kernel and compares it with the CPU version.
    ///
    /// # Errors
    /// Any error of the device.
    pub async fn run(&self, gpu: &Rc<Gpu>) -> Result<Parity, GpuError> {
        match &self.case {
            Case::Matmul(case) => matmul(gpu, *case).await,
            Case::Join(case) => joins(gpu, *case).await,
            Case::Stacked(case) => stacked(gpu, case).await,
            Case::Gated(case) => gated(gpu, *case).await,
            Case::Embed(case) => embed(gpu, *case).await,
            Case::Gate(case) => gate(gpu, *case).await,
            Case::Rope(case) => rope_cache(gpu, *case).await,
            Case::Attention(case) => attention(gpu, *case).await,
            Case::Choice(case) => choices(gpu, *case).await,
        }
    }
}

/// All checks, in the order of a forward pass. Those of the fast maths are included if the device can multiply packed
/// bytes.
#[must_use]
pub fn all(has_packed_dot: bool) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut add = |name: String, case: Case| checks.push(Check { name, case });
    for quant in Quant::all() {
        let name = quant.name();
        let case = EmbedCase { quant, vocab: 333, blocks: 4, size: 0.5, lanes: DECODE_LANES, seed: 1 };
        add(format!("embed, {name}"), Case::Embed(case));
        for (lanes, what) in [(1, "one token"), (DECODE_LANES, "columns"), (MAX_LANES, "a prompt")] {
            let (rows, blocks, is_fast) = (75, 18, false);
            let case =
                MatmulCase { quant, rows, blocks, size: 0.5, lanes, is_normed: true, has_bias: true, is_fast, seed: 2 };
            add(format!("product, {name}, {what}"), Case::Matmul(case));
            if is_packed(quant) && has_packed_dot {
                add(format!("product, {name}, {what}, fast"), Case::Matmul(MatmulCase { is_fast: true, ..case }));
            }
        }
    }
    for (lanes, what) in [(1, "one token"), (MAX_LANES, "a prompt")] {
        for (activation, gate) in [(Activation::Silu, "SiLU"), (Activation::GeluTanh, "GELU")] {
            let case =
                GatedCase { quant: Quant::Q4_1, tiles: 3, blocks: 18, lanes, activation, is_fast: false, seed: 3 };
            add(format!("gated product, {gate}, {what}"), Case::Gated(case));
        }
        for (has_post_norm, end) in [(false, "residual sum"), (true, "norm and residual sum")] {
            let case =
                JoinCase { quant: Quant::Q8_0, tiles: 4, blocks: 12, lanes, has_post_norm, is_fast: false, seed: 4 };
            add(format!("{end}, {what}"), Case::Join(case));
        }
    }
    let parts = vec![(Quant::Q5_0, 70), (Quant::Q6K, 45), (Quant::Q8_0, 33)];
    add(
        "stacked products of mixed formats".to_owned(),
        Case::Stacked(StackedCase { parts, blocks: 8, is_fast: false, seed: 5 }),
    );
    let case = GateCase { width: 300, lanes: 3, activation: Activation::GeluTanh, size: 20.0, seed: 6 };
    add("gate, large values".to_owned(), Case::Gate(case));
    for (heads, style, is_normed, name) in [
        (HEADS, RopeStyle::Interleaved, false, "interleaved"),
        (HEADS, RopeStyle::Halves, false, "halves"),
        (WIDE_HEADS, RopeStyle::Halves, true, "halves, norms of q and k"),
    ] {
        let case = RopeCase { heads, style, lanes: 3, position: 17, is_normed, seed: 7 };
        add(format!("rotation and cache, {name}"), Case::Rope(case));
    }
    for (heads, window, name) in
        [(HEADS, None, "shared key heads"), (WIDE_HEADS, None, "wide heads"), (HEADS, Some(50), "sliding window")]
    {
        let case = AttentionCase { heads, lanes: 4, position: 150, window, seed: 8 };
        add(format!("attention, {name}"), Case::Attention(case));
    }
    let greedy = SamplerSettings { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalty: 1.0, seed: 9 };
    for (settings, name) in [
        (greedy, "greedy"),
        (SamplerSettings { temperature: 1.0, ..greedy }, "sampled"),
        (
            SamplerSettings { temperature: 0.8, top_k: 12, top_p: 0.9, min_p: 0.02, penalty: 1.1, ..greedy },
            "all filters",
        ),
    ] {
        add(format!("choice, {name}"), Case::Choice(ChoiceCase { vocab: 5000, lanes: 3, settings, seed: 10 }));
    }
    checks
}
