// How a column chooses tokens, as in model::sampler: penalty, temperature, filters (threshold.wgsl) and noise, in this
// order.
struct Sampler {
    temperature: f32, top_k: u32, top_p: f32, min_p: f32,
    penalty: f32, seed_low: u32, seed_high: u32, unused: u32,
}

const VOCAB: u32 = 64u;
// Words of a column's set of seen tokens, one bit per token.
const SEEN_WORDS: u32 = 2u;
const LOWEST: f32 = -3.0e38f;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read> samplers: array<Sampler>;
@group(0) @binding(3) var<storage, read> seen: array<u32>;

// A token's logit after penalty and temperature.
fn tempered(lane: u32, token: u32, column: u32, sampler: Sampler) -> f32 {
    var logit = logits[lane * VOCAB + token];
    if sampler.penalty != 1.0 && ((seen[column * SEEN_WORDS + token / 32u] >> (token % 32u)) & 1u) == 1u {
        logit = select(logit * sampler.penalty, logit / sampler.penalty, logit > 0.0);
    }
    if sampler.temperature > 0.0 {
        logit = logit / sampler.temperature;
    }
    return logit;
}

