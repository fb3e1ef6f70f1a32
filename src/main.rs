//! Podarium: mounts the page.

fn main() {
    podarium::mount();
}
