// The smallest tempered logit of each lane that passes top-k, then top-p, then min-p -> thresholds (lanes). A workgroup
// handles one lane. It bisects the range of bit patterns, so that the threshold is one of the logits.

const THREADS: u32 = 256u;

@group(0) @binding(4) var<storage, read_write> thresholds: array<f32>;

// Maps floats to integers with the same order, and back.
fn ordered(v: f32) -> u32 {
    let bits = bitcast<u32>(v);
    return select(bits | 0x80000000u, ~bits, bits >> 31u == 1u);
}

fn unordered(v: u32) -> f32 {
    return bitcast<f32>(select(~v, v & 0x7FFFFFFFu, v >> 31u == 1u));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, place: Place) {
    let thread = place.thread;
    let lane = workgroup.x;
    let column = lanes[lane].column;
    let index = select(column, 0u, column == NO_COLUMN);
    let sampler = samplers[index];
    var largest = LOWEST;
    for (var token = thread; token < VOCAB; token += THREADS) {
        largest = max(largest, tempered(lane, token, index, sampler));
    }
    largest = largest_of(place, largest);

    // The k-th largest logit: the highest threshold that at least k logits pass.
    var lowest = 0u;
    if sampler.top_k > 0u {
        var high = ordered(largest) + 1u;
        for (var step = 0u; step < 32u; step++) {
            let middle = lowest + (high - lowest) / 2u;
            // Counts are whole numbers below 2^24, which are exact in f32.
            var passing = 0.0;
            for (var token = thread; token < VOCAB; token += THREADS) {
                passing += select(0.0, 1.0, ordered(tempered(lane, token, index, sampler)) >= middle);
            }
            workgroupBarrier();
            if sum_of(place, passing) >= f32(sampler.top_k) {
                lowest = middle;
            } else {
                high = middle;
            }
        }
    }
    // The highest threshold with survivors that have at least top_p of the probability that top-k kept.
    if sampler.top_p < 1.0 {
        let bound = lowest;
        var mass = 0.0;
        for (var token = thread; token < VOCAB; token += THREADS) {
            let logit = tempered(lane, token, index, sampler);
            mass += select(0.0, exp(logit - largest), ordered(logit) >= bound);
        }
        workgroupBarrier();
        let wanted = sum_of(place, mass) * sampler.top_p;
        var high = ordered(largest) + 1u;
        for (var step = 0u; step < 32u; step++) {
            let middle = lowest + (high - lowest) / 2u;
            mass = 0.0;
            for (var token = thread; token < VOCAB; token += THREADS) {
                let logit = tempered(lane, token, index, sampler);
                mass += select(0.0, exp(logit - largest), ordered(logit) >= middle);
            }
            workgroupBarrier();
            if sum_of(place, mass) >= wanted {
                lowest = middle;
            } else {
                high = middle;
            }
        }
    }
    if thread == 0u {
        var threshold = select(unordered(lowest), LOWEST, lowest == 0u);
        if sampler.min_p > 0.0 {
            threshold = max(threshold, largest + log(sampler.min_p));
        }
        thresholds[lane] = threshold;
    }
}
