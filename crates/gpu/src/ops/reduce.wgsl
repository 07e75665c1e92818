// Sum and maximum over the THREADS of a workgroup, computed in shared memory and returned to every thread. All threads
// must call these functions, with a barrier between two calls. The version with subgroups is reduce_subgroups.wgsl.

struct Place { @builtin(local_invocation_index) thread: u32 }

var<workgroup> gathered: array<f32, THREADS>;

fn sum_of(place: Place, mine: f32) -> f32 {
    gathered[place.thread] = mine;
    workgroupBarrier();
    var total = 0.0;
    for (var i = 0u; i < THREADS; i++) {
        total += gathered[i];
    }
    return total;
}

fn largest_of(place: Place, mine: f32) -> f32 {
    gathered[place.thread] = mine;
    workgroupBarrier();
    var largest = mine;
    for (var i = 0u; i < THREADS; i++) {
        largest = max(largest, gathered[i]);
    }
    return largest;
}

