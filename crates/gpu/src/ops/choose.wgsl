// Chooses the best token among a lane's slices and stores it in results (steps, LANES) with its log-probability at
// temperature 1. The lane is updated: the token is read next, at the next position. A workgroup handles one lane.

const LANES: u32 = 1u;
const SLICES: u32 = 4u;
const VOCAB: u32 = 64u;
const SEEN_WORDS: u32 = 2u;

struct Pick { score: f32, token: u32, largest: f32, sum: f32 }
struct Result { token: u32, logprob: f32 }

@group(0) @binding(0) var<storage, read> picks: array<Pick>;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> lanes: array<Lane>;
@group(0) @binding(3) var<storage, read_write> seen: array<u32>;
@group(0) @binding(4) var<storage, read_write> results: array<Result>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>) {
    let lane = workgroup.x;
    var best = picks[lane * SLICES];
    for (var i = 1u; i < SLICES; i++) {
        let other = picks[lane * SLICES + i];
        // Slices are in the order of their tokens, so the first of equal tokens wins.
        if other.score > best.score {
            best.score = other.score;
            best.token = other.token;
        }
        let largest = max(best.largest, other.largest);
        best.sum = best.sum * exp(best.largest - largest) + other.sum * exp(other.largest - largest);
        best.largest = largest;
    }
    let at = lanes[lane].step * LANES + lane;
    let token = best.token;
    // A token is only missing if all logits are NaN. The host detects this from the stored number.
    let chosen = min(token, VOCAB - 1u);
    results[at] = Result(token, logits[lane * VOCAB + chosen] - best.largest - log(best.sum));
    if lanes[lane].column == NO_COLUMN {
        return;
    }
    seen[lanes[lane].column * SEEN_WORDS + chosen / 32u] |= 1u << (chosen % 32u);
    lanes[lane].token = chosen;
    lanes[lane].position += 1u;
    lanes[lane].step += 1u;
}
