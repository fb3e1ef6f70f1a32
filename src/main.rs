//! Podarium: mounts the page.
fn main() {}
