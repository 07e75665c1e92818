// The same as reduce.wgsl: first within each subgroup, whatever its size, then across the subgroups in shared memory.

struct Place {
    @builtin(local_invocation_index) thread: u32,
    @builtin(subgroup_invocation_id) in_subgroup: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) num_subgroups: u32,
}

// At most one subgroup per thread.
var<workgroup> gathered: array<f32, THREADS>;

fn sum_of(place: Place, mine: f32) -> f32 {
    let sum = subgroupAdd(mine);
    if place.in_subgroup == 0u {
        gathered[place.subgroup] = sum;
    }
    workgroupBarrier();
    var total = 0.0;
    for (var i = 0u; i < place.num_subgroups; i++) {
        total += gathered[i];
    }
    return total;
}

fn largest_of(place: Place, mine: f32) -> f32 {
    let largest_here = subgroupMax(mine);
    if place.in_subgroup == 0u {
        gathered[place.subgroup] = largest_here;
    }
    workgroupBarrier();
    var largest = largest_here;
    for (var i = 0u; i < place.num_subgroups; i++) {
        largest = max(largest, gathered[i]);
    }
    return largest;
}

