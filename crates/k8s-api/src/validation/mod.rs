//! Validation: what the API server refuses, in its words and its order.

pub mod field;
pub mod meta;
pub mod names;
pub mod pod;

mod container;
mod resources;
mod scheduling;
mod security;
mod volume;
