
// Activations (lanes, BLOCKS * 32), followed by sums of squares if they are to be normalised.
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;

