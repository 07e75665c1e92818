// act(g) * u -> out (lanes, WIDTH), where gate_up is (lanes, 2 WIDTH): first g, then u.

const WIDTH: u32 = 64u;

@group(0) @binding(0) var<storage, read> gate_up: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < WIDTH {
        let at = id.y * 2u * WIDTH + id.x;
        out[id.y * WIDTH + id.x] = activate(gate_up[at]) * gate_up[at + WIDTH];
    }
}
