//! The images of the simulated registry: what is in them and how their programs behave, as data.
//!
//! A row of a table ([`spec::Spec`]) becomes an [`Image`]: a tree of files, some of them shell scripts that really
//! run, some of them servers described in data. To add an image, add a row.

mod course;
mod recorded;
mod shell_images;
pub(super) mod spec;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::registry::{Image, Repository};
use spec::Spec;

/// What the lessons and examples use, and what people try next.
pub(crate) fn course() -> BTreeMap<String, Repository> {
    table(&[shell_images::IMAGES, course::SERVERS, course::HELPERS])
}

pub(crate) use recorded::CACHE as RECORDED_CACHE;

/// What the recorded machine had on it or could pull.
pub(crate) fn recorded() -> BTreeMap<String, Repository> {
    table(&[recorded::IMAGES])
}

/// How an image behaves that nobody described: a web server on `$PORT`, or 8080.
pub(crate) fn plain_server() -> Image {
    course::PLAIN_SERVER.image()
}

fn table(parts: &[&'static [Spec]]) -> BTreeMap<String, Repository> {
    let mut all = BTreeMap::new();
    for spec in parts.iter().copied().flatten() {
        let image = Rc::new(spec.image());
        for name in spec.names.split_whitespace() {
            let tags = spec.tags.split_whitespace().map(str::to_string).collect();
            all.insert(name.to_string(), Repository { tags, image: image.clone() });
        }
    }
    all
}
