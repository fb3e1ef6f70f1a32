//! What a person says: kubectl command lines and what they print.
//!
//! A [`Command`] is plain data that is polled: it sees the cluster only through [`Api`], and where the real
//! kubectl would wait (for a deletion, a condition, another line of a log), the command says so and is polled
//! again when virtual time has moved. It knows no clock, no files but those in its [`Env`], and no terminal.

pub mod api;
mod command;
mod containers;
mod describe;
mod duration;
mod failure;
mod files;
mod flags;
mod impersonation;
pub mod printers;
mod rbac;
mod selector;
mod session;
mod sort;
mod tabwriter;
mod targets;
mod three_way;
mod timeline;
mod tree;
mod verbs;
mod words;

pub use api::{Api, WatchType};
pub use command::{Command, Output, Progress, run, start};
pub use session::Env;
pub use words::split;
