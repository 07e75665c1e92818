// Causal attention with grouped key heads over caches (columns, CONTEXT, KV_DIM). q is the first Q_DIM values of qkv
// (lanes, Q_STRIDE), out is (lanes, Q_DIM). A workgroup computes one head of one lane. It reads its column's cache in
// runs of THREADS positions and keeps a running maximum and sum (online softmax: Milakov and Gimelshein 2018,
// arXiv:1805.02867).

const NUM_HEADS: u32 = 4u;
// Number of query heads that share a key head.
const GROUP: u32 = 2u;
const HEAD_DIM: u32 = 64u;
const KV_DIM: u32 = 128u;
const Q_STRIDE: u32 = 512u;
const CONTEXT: u32 = 256u;
// Number of positions attended to, including the lane's own. 0 means all.
const WINDOW: u32 = 0u;
// Usually 1 / sqrt(HEAD_DIM).
const SCALE: f32 = 0.125f;

const THREADS: u32 = 64u;
const VECS: u32 = HEAD_DIM / 4u;
// Number of the head's values that a thread sums up.
const PER_THREAD: u32 = (HEAD_DIM + THREADS - 1u) / THREADS;
const LOWEST: f32 = -3.0e38f;

@group(0) @binding(0) var<storage, read> lanes: array<Lane>;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> k_cache: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> v_cache: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

var<workgroup> scores: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, place: Place) {
    let thread = place.thread;
    let head = workgroup.x;
    let lane = lanes[workgroup.y];
    // A padding lane attends to one position of the first column. Its result is not used.
    let is_kept = lane.column != NO_COLUMN;
    let length = select(1u, lane.position + 1u, is_kept);
    let first = select(0u, length - min(length, WINDOW), WINDOW > 0u);
    let query = (workgroup.y * Q_STRIDE + head * HEAD_DIM) / 4u;
    let kv_head = select(0u, lane.column * CONTEXT, is_kept) * KV_DIM + head / GROUP * HEAD_DIM;

    var largest = LOWEST;
    // This thread's part of the sum of all weights.
    var mine = 0.0;
    var sums: array<f32, PER_THREAD>;
    for (var start = first; start < length; start += THREADS) {
        let count = min(THREADS, length - start);
        var score = LOWEST;
        if thread < count {
            let key = ((start + thread) * KV_DIM + kv_head) / 4u;
            score = 0.0;
            for (var i = 0u; i < VECS; i++) {
                score += dot(qkv[query + i], k_cache[key + i]);
            }
            score *= SCALE;
        }
        let before = largest;
        largest = max(before, largest_of(place, score));
        let share = exp(score - largest);
        scores[thread] = share;
        workgroupBarrier();
        let shrink = exp(before - largest);
        mine = mine * shrink + share;
        for (var i = 0u; i < PER_THREAD; i++) {
            sums[i] *= shrink;
        }
        for (var t = 0u; t < count; t++) {
            let value = (start + t) * KV_DIM + kv_head + thread;
            for (var i = 0u; i < PER_THREAD; i++) {
                if thread + i * THREADS < HEAD_DIM {
                    sums[i] += scores[t] * v_cache[value + i * THREADS];
                }
            }
        }
    }
    workgroupBarrier();
    let total = sum_of(place, mine);
    for (var i = 0u; i < PER_THREAD; i++) {
        if thread + i * THREADS < HEAD_DIM {
            out[(workgroup.y * NUM_HEADS + head) * HEAD_DIM + thread + i * THREADS] = sums[i] / total;
        }
    }
}
