// The best token of each slice of the vocabulary, with the slice's largest logit and its sum of exponentials relative
// to that -> picks (lanes, SLICES). A workgroup handles one slice of one lane.

const SLICES: u32 = 4u;
// 1: tokens with a logit below their lane's threshold are excluded.
const FILTERED: u32 = 0u;
const THREADS: u32 = 64u;
const PER_SLICE: u32 = (VOCAB + SLICES - 1u) / SLICES;

struct Pick { score: f32, token: u32, largest: f32, sum: f32 }

@group(0) @binding(4) var<storage, read> thresholds: array<f32>;
@group(0) @binding(5) var<storage, read_write> picks: array<Pick>;

var<workgroup> found: array<Pick, THREADS>;

// A hash of four words (Jarzynski and Olano, Hash Functions for GPU Rendering, JCGT 2020).
fn pcg4d(words: vec4<u32>) -> vec4<u32> {
    var v = words * 1664525u + 1013904223u;
    for (var round = 0u; round < 2u; round++) {
        if round == 1u {
            v = v ^ (v >> vec4<u32>(16u));
        }
        v.x += v.y * v.w;
        v.y += v.z * v.x;
        v.z += v.x * v.y;
        v.w += v.y * v.z;
    }
    return v;
}

// Standard Gumbel noise of a token at a position: -ln(-ln(1 - v)).
fn gumbel(sampler: Sampler, position: u32, token: u32) -> f32 {
    let bits = pcg4d(vec4<u32>(token, position, sampler.seed_low, sampler.seed_high)).x;
    let v = (f32(bits >> 9u) + 0.5) / 8388608.0;
    // Near 0, the logarithm of 1 - v loses all precision, so its series is used.
    let series = v * (1.0 + v * (0.5 + v * (0.33333334 + v * 0.25)));
    return -log(select(-log(1.0 - v), series, v < 0.01));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let lane = workgroup.y;
    let column = select(lanes[lane].column, 0u, lanes[lane].column == NO_COLUMN);
    let sampler = samplers[column];
    // The noise belongs to the position that the chosen token will have.
    let position = lanes[lane].position + 1u;
    let start = workgroup.x * PER_SLICE;
    let end = min(start + PER_SLICE, VOCAB);
    var mine = Pick(LOWEST, 0xFFFFFFFFu, LOWEST, 0.0);
    for (var token = start + thread; token < end; token += THREADS) {
        let raw = logits[lane * VOCAB + token];
        let largest = max(mine.largest, raw);
        mine.sum = mine.sum * exp(mine.largest - largest) + exp(raw - largest);
        mine.largest = largest;
        var score = tempered(lane, token, column, sampler);
        if FILTERED == 1u && score < thresholds[lane] {
            continue;
        }
        if sampler.temperature > 0.0 {
            score += gumbel(sampler, position, token);
        }
        if score > mine.score {
            mine.score = score;
            mine.token = token;
        }
    }
    found[thread] = mine;
    workgroupBarrier();
    if thread > 0u {
        return;
    }
    for (var i = 1u; i < THREADS; i++) {
        let other = found[i];
        if other.score > mine.score || (other.score == mine.score && other.token < mine.token) {
            mine.score = other.score;
            mine.token = other.token;
        }
        let largest = max(mine.largest, other.largest);
        mine.sum = mine.sum * exp(mine.largest - largest) + other.sum * exp(other.largest - largest);
        mine.largest = largest;
    }
    picks[lane * SLICES + workgroup.x] = mine;
}
