//! Steering vectors: what is added to the residual stream between layers.

/// Steering vectors, checked against the model that they are for.
#[derive(Clone, Debug, PartialEq)]
pub struct Steering {
    /// What it is called.
    pub name: String,
    /// For each layer of the model: the vector (dim,) that is added to the residual stream after that layer.
    pub layers: Vec<Option<Vec<f32>>>,
}
