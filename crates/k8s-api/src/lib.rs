//! What a Kubernetes object is: types, YAML in and out, defaulting, validation.
//!
//! It does not know what a cluster does with the objects; that is `k8s-sim`.
//!
//! Reading order: [`record`] (how typed records stand over the JSON tree), [`meta`] and [`core`] (the types),
//! [`kind`] (the table of kinds).

pub mod record;

mod small;

pub mod cron;
pub mod duration;
pub mod intstr;
pub mod print;
pub mod quantity;
pub mod time;

pub mod apps;
pub mod batch;
pub mod core;
pub mod discovery;
pub mod kind;
pub mod meta;
pub mod policy;

pub mod admission;
pub mod check;
pub mod complete;
pub mod decode;
pub mod defaulting;
pub mod image;
pub mod internal;
pub mod manifest;
pub mod normalize;
pub mod resources;
pub mod schema;
pub mod unsimulated;
pub mod validation;
pub mod yaml;

pub use serde_json::Value;
