//! What a Kubernetes object is: types, YAML in and out, defaulting, validation.
//!
//! It does not know what a cluster does with the objects; that is `k8s-sim`. Everything random, and the time,
//! comes in as a parameter.
//!
//! The way of an object: text → [`yaml`] (nodes with places) → [`manifest`] (documents, and what kubectl says
//! about them) → [`decode`] (strict decoding by the table of [`schema`]) → [`admission`] (defaults and
//! additions) → [`validation`] → [`normalize`] (as it is stored) → typed records ([`core`], [`apps`], …), and
//! out again through [`mod@print`].

pub mod packed;
pub mod record;

pub mod small;

pub mod duration;
pub mod intstr;
pub mod quantity;
pub mod text_diff;
pub mod time;

pub mod apps;
pub mod batch;
pub mod core;
pub mod discovery;
pub mod meta;
pub mod policy;

mod json_scan;
pub use json_scan::json_problem;
pub mod kind;
pub mod schema;

pub mod yaml;
pub mod zones;

pub mod decode;
pub mod go_dump;
pub mod manifest;

pub mod admission;
pub mod cron;
pub mod defaulting;
pub mod image;
pub mod normalize;
pub mod resources;

pub mod internal;
pub mod validation;

pub mod check;
pub mod complete;
pub mod unsimulated;

pub mod print;

pub use serde_json::Value;
