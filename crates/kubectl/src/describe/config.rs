//! ConfigMaps and Secrets. Models describe.go ConfigMapDescriber, describeSecret (v1.36)

use k8s_api::decode::base64_decode;
use serde_json::Value;

use super::Page;
use crate::tree::{at, entries, text};

pub(super) fn config_map(page: &mut Page, object: &Value) {
    page.head(object);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.line(0, "\nData\n====");
    for (key, value) in entries(object, "data") {
        page.line(0, format!("{key}:\n----\n{}\n", value.as_str().unwrap_or("")));
    }
    page.line(0, "\nBinaryData\n====");
    for (key, value) in entries(object, "binaryData") {
        let bytes = base64_decode(value.as_str().unwrap_or("")).map_or(0, |bytes| bytes.len());
        page.line(0, format!("{key}: {bytes} bytes"));
    }
    page.line(0, "");
}

pub(super) fn secret(page: &mut Page, object: &Value) {
    page.head(object);
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.line(0, format!("\nType:\t{}", text(object, "type")));
    page.line(0, "\nData\n====");
    for (key, value) in entries(object, "data") {
        let bytes = base64_decode(value.as_str().unwrap_or("")).map_or(0, |bytes| bytes.len());
        page.line(0, format!("{key}:\t{bytes} bytes"));
    }
}
