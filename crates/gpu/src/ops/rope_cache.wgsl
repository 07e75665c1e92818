// Normalises the heads of q and k (if the model does so), rotates them, and writes k and v to the caches (columns,
// CONTEXT, KV_DIM) at each lane's position. q stays in qkv (lanes, Q_DIM + 2 KV_DIM). A workgroup handles one head of
// one lane: first the heads of q, then those of k, then those of v.

const NUM_HEADS: u32 = 2u;
const NUM_KV_HEADS: u32 = 2u;
const HEAD_DIM: u32 = 32u;
const CONTEXT: u32 = 16u;
// 0: pairs are neighbours; 1: pairs are half a head apart.
const HALVES: u32 = 0u;
// 1: the heads of q and k are normalised.
const NORM: u32 = 0u;
const EPS: f32 = 1e-5f;

const THREADS: u32 = 32u;
const PAIRS: u32 = HEAD_DIM / 2u;
const KV_DIM: u32 = NUM_KV_HEADS * HEAD_DIM;

@group(0) @binding(0) var<storage, read> lanes: array<Lane>;
// Cosines and sines, (positions, PAIRS).
@group(0) @binding(1) var<storage, read> angles: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> qkv: array<f32>;
@group(0) @binding(3) var<storage, read_write> k_cache: array<f32>;
@group(0) @binding(4) var<storage, read_write> v_cache: array<f32>;
@group(0) @binding(5) var<storage, read> q_norm: array<f32>;
@group(0) @binding(6) var<storage, read> k_norm: array<f32>;

fn weight(is_q: bool, i: u32) -> f32 {
    if NORM == 0u {
        return 1.0;
    }
    if is_q {
        return q_norm[i];
    }
    return k_norm[i];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, place: Place) {
    let thread = place.thread;
    let head = workgroup.x;
    let lane = lanes[workgroup.y];
    let is_q = head < NUM_HEADS;
    let is_v = head >= NUM_HEADS + NUM_KV_HEADS;
    let start = (workgroup.y * (NUM_HEADS + 2u * NUM_KV_HEADS) + head) * HEAD_DIM;
    let is_kept = lane.column != NO_COLUMN;
    let slot = (lane.column * CONTEXT + lane.position) * KV_DIM;
    var scale = 1.0;
    if NORM == 1u {
        var sum = 0.0;
        for (var i = thread; i < HEAD_DIM; i += THREADS) {
            sum += qkv[start + i] * qkv[start + i];
        }
        scale = 1.0 / sqrt(sum_of(place, sum) / f32(HEAD_DIM) + EPS);
    }
    if is_v {
        let to = slot + (head - NUM_HEADS - NUM_KV_HEADS) * HEAD_DIM;
        for (var i = thread; is_kept && i < HEAD_DIM; i += THREADS) {
            v_cache[to + i] = qkv[start + i];
        }
        return;
    }
    for (var pair = thread; is_kept && pair < PAIRS; pair += THREADS) {
        var i = 2u * pair;
        var j = i + 1u;
        if HALVES == 1u {
            i = pair;
            j = pair + PAIRS;
        }
        let a = qkv[start + i] * scale * weight(is_q, i);
        let b = qkv[start + j] * scale * weight(is_q, j);
        let angle = angles[lane.position * PAIRS + pair];
        let rotated = vec2<f32>(a * angle.x - b * angle.y, a * angle.y + b * angle.x);
        if is_q {
            qkv[start + i] = rotated.x;
            qkv[start + j] = rotated.y;
        } else {
            let to = slot + (head - NUM_HEADS) * HEAD_DIM;
            k_cache[to + i] = rotated.x;
            k_cache[to + j] = rotated.y;
        }
    }
}
