//! Podarium.
