//! The manifests of the Examples menu. Each is a file of its own under `examples/`.

/// One entry of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its name, which is also its file's name without the ending.
    pub id: &'static str,
    /// What the menu calls it.
    pub title: &'static str,
    /// What there is to see, in one line.
    pub about: &'static str,
    /// The manifest.
    pub text: &'static str,
}

macro_rules! examples {
    ($($id:literal: $title:literal, $about:literal;)+) => {
        /// All examples, in the order of the menu: from one container to many.
        pub const EXAMPLES: &[Example] = &[$(Example {
            id: $id,
            title: $title,
            about: $about,
            text: include_str!(concat!("../examples/", $id, ".yaml")),
        }),+];
    };
}

examples! {
    "web": "One container", "The smallest useful Pod: a web server on port 80";
    "simple-pod": "One container, older image", "The same with nginx 1.21: two Pods can stand side by side";
    "catalog": "Bookstore catalog, alone", "A small JSON service with a named port, before it gets company";
    "catalog-sidecar": "Bookstore catalog with a sidecar", "A native sidecar starts before the app and stops after it";
    "shared-volume": "Two containers, one volume", "One writes a file, the other reads it: who is first?";
    "web-with-logging": "Web server and log shipper", "Two app containers side by side share the log folder";
    "init-demo": "Init containers", "Nothing starts until a Service can be found: create it and watch the airlock open";
    "sidecar-order": "Init, sidecar, app", "The order of a plain init container, a sidecar and the app";
    "full-anatomy": "Every part of a Pod", "Labels, resources, volumes, a node selector: Pending until a node has an SSD";
    "production-web": "Three containers of a mesh", "Web server, log collector and proxy, told their Pod's name";
}

/// The example with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.id == id)
}

/// The one that a newcomer sees.
#[must_use]
pub fn first() -> &'static Example {
    &EXAMPLES[0]
}
