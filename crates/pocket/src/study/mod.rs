//! The experiments: stages that train models, and measurements of these models.

pub mod card;
pub mod experiments;
pub mod known;
pub mod lab;
pub mod measure;
pub mod pretrain;
pub mod run;
pub mod table;
pub mod tune;
