//! What `kubectl get` prints.

mod columns;
pub(crate) mod custom_columns;
pub(crate) mod jsonpath;
pub(crate) mod output;
mod table;

pub(crate) use columns::roles;
pub use columns::{Column, cells, columns_of};
pub use table::{TableOptions, TablePrinter};
