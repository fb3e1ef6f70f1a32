//! What is wrong with a manifest, ready for the editor and the list below it.
