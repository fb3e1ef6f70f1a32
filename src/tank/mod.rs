//! Behind the glass: the cluster, and everything that is drawn of it. A chunk of the program that is fetched after
//! the first paint.
//!
//! [`open`] is its only door. What is reached from there alone is cut out of the first download when the released
//! page is built (`xtask/node/split.mjs`), so nothing on the outside may call what lies in here:
//! `docs/decisions/0011-what-a-first-visit-downloads.md`.

pub mod apply;
pub mod cluster_api;
mod commands;
pub mod complete;
pub mod deciding_field;
mod finding;
pub mod journal;
mod kept;
mod simulator;
pub mod view;

#[cfg(test)]
mod tests;

use wasm_split_helpers::SplitLoaderError;
#[cfg(not(debug_assertions))]
use wasm_split_helpers::wasm_split;

use crate::engine::Engine;
use crate::page::Page;
use crate::session::Session;
use crate::view::place::Draw;

/// What comes out of the chunk.
#[derive(Clone, Copy, Debug)]
pub struct Tank {
    /// The cluster as the browser has kept it; a new one where it has kept none.
    pub relive: fn(&mut Session) -> Box<dyn Engine>,
    /// Begins to follow the session; what it gives draws the parts of the page that show the cluster.
    pub begin: fn(Page) -> Draw,
}

/// Fetches the chunk, if it is not there yet.
///
/// # Errors
///
/// When it cannot be fetched; it may be asked for again.
#[cfg(not(debug_assertions))]
#[wasm_split(tank, fallible)]
pub fn open() -> Result<Tank, SplitLoaderError> {
    Ok(opened())
}

/// The page that is being worked on is one module: there is nothing to fetch.
///
/// # Errors
///
/// None.
#[cfg(debug_assertions)]
pub async fn open() -> Result<Tank, SplitLoaderError> {
    Ok(opened())
}

fn opened() -> Tank {
    Tank { relive: kept::relive, begin: view::begin }
}
