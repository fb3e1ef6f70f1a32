//! Namespaces with their quotas and limit ranges.
//! Models describe.go describeNamespace, describeQuota, describeLimitRangeSpec (v1.36)

use std::collections::BTreeSet;

use k8s_api::kind::by_kind;
use serde_json::Value;

use super::{Page, moment};
use crate::Api;
use crate::tree::{at, entries, list, name, plain, text};

pub(super) fn namespace(page: &mut Page, object: &Value, api: &mut dyn Api) {
    page.field(0, "Name", name(object));
    page.labels("Labels", at(object, "metadata.labels"));
    page.annotations(object);
    page.field(0, "Status", text(object, "status.phase"));
    let conditions = list(object, "status.conditions");
    if !conditions.is_empty() {
        page.line(0, "Conditions:");
        page.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        page.line(1, "----\t------\t------------------\t------\t-------");
        for condition in conditions {
            let field = |field: &str| text(condition, field);
            page.line(
                1,
                format!(
                    "{}\t{}\t{}\t{}\t{}",
                    field("type"),
                    field("status"),
                    moment(field("lastTransitionTime")),
                    field("reason"),
                    field("message")
                ),
            );
        }
    }
    let mut of = |kind: &str| {
        let kind = by_kind(kind)?;
        api.list(kind, Some(name(object))).ok()
    };
    let (quotas, limits) = (of("ResourceQuota"), of("LimitRange"));
    if let Some(quotas) = quotas {
        page.line(0, "");
        if quotas.is_empty() {
            page.line(0, "No resource quota.");
        } else {
            page.line(0, "Resource Quotas");
        }
        for quota in &quotas {
            page.field(1, "Name", name(quota));
            scopes(page, quota, 1, "* ");
            page.line(1, "Resource\tUsed\tHard");
            page.line(1, "--------\t---\t---");
            used(page, quota, 1);
        }
    }
    if let Some(limits) = limits {
        page.line(0, "");
        if limits.is_empty() {
            page.line(0, "No LimitRange resource.");
            return;
        }
        page.line(0, "Resource Limits");
        limit_head(page, " ");
        limits.iter().for_each(|limits| limit_rows(page, limits, " "));
    }
}

/// What a scope means.
fn meaning(scope: &str) -> &'static str {
    match scope {
        "Terminating" => {
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being \
             actively terminated by the system."
        }
        "NotTerminating" => {
            "Matches all pods that do not have an active deadline. These pods usually include long running pods whose \
             container command is not expected to terminate."
        }
        "BestEffort" => {
            "Matches all pods that do not have resource requirements set. These pods have a best effort quality of \
             service."
        }
        "NotBestEffort" => {
            "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed \
             quality of service."
        }
        _ => "",
    }
}

fn scopes(page: &mut Page, quota: &Value, level: usize, mark: &str) {
    let mut scopes: Vec<String> = list(quota, "spec.scopes").iter().map(plain).collect();
    if scopes.is_empty() {
        return;
    }
    crate::sort::by_text(&mut scopes, |scope| scope);
    page.field(level, "Scopes", scopes.join(", "));
    for meaning in scopes.iter().map(|scope| meaning(scope)).filter(|meaning| !meaning.is_empty()) {
        page.line(level, format!("{mark}{meaning}"));
    }
}

fn used(page: &mut Page, quota: &Value, level: usize) {
    let used = at(quota, "status.used");
    for (resource, hard) in entries(quota, "status.hard") {
        let used = used.get(resource).map_or("0".to_string(), plain);
        page.line(level, format!("{resource}\t{used}\t{}", plain(hard)));
    }
}

pub(super) fn quota(page: &mut Page, object: &Value) {
    page.head(object);
    scopes(page, object, 0, " * ");
    page.line(0, "Resource\tUsed\tHard");
    page.line(0, "--------\t----\t----");
    used(page, object, 0);
}

pub(super) fn limit_range(page: &mut Page, object: &Value) {
    page.head(object);
    limit_head(page, "");
    limit_rows(page, object, "");
}

fn limit_head(page: &mut Page, indent: &str) {
    let titles = "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio";
    page.line(0, format!("{indent}{titles}"));
    let lines = "----\t--------\t---\t---\t---------------\t-------------\t-----------------------";
    page.line(0, format!("{indent}{lines}"));
}

fn limit_rows(page: &mut Page, limits: &Value, indent: &str) {
    const FIELDS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
    for item in list(limits, "spec.limits") {
        let resources: BTreeSet<&str> =
            FIELDS.iter().flat_map(|field| entries(item, field)).map(|(resource, _)| resource).collect();
        for resource in resources {
            let of = |field: &str| at(item, field).get(resource).map_or("-".to_string(), plain);
            let values = FIELDS.map(of).join("\t");
            page.line(0, format!("{indent}{}\t{resource}\t{values}", text(item, "type")));
        }
    }
}
