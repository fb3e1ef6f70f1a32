//! The list of everything that is wrong with the text: all of it at once, each line a way to its place.

use leptos::prelude::*;

use crate::action::Action;
use crate::finding::{Finding, Severity};
use crate::page::page;

/// So many are listed; the rest is counted.
const SHOWN_MAX: usize = 40;

/// The findings, errors first.
#[component]
pub(super) fn Findings() -> impl IntoView {
    let page = page();
    let findings = page.calm_memo(|session| {
        let mut findings = session.findings.clone();
        k8s_api::small::sort(&mut findings, &|a, b| (a.severity, a.from) < (b.severity, b.from));
        findings
    });
    let checked = page.memo(|session| session.checked);
    let summary = Memo::new(move |_| {
        if checked.get() {
            findings.with(|findings| summary(findings))
        } else {
            "It is looked at as soon as the cluster is there.".into()
        }
    });
    view! {
        <section class="findings" aria-label="What is wrong with the manifest">
            <p class="findings-summary" role="status">
                {move || summary.get()}
            </p>
            <Show when=move || findings.with(|findings| !findings.is_empty())>
                <ul>
                    {move || {
                        findings.get().into_iter().take(SHOWN_MAX).map(|finding| view! { <Line finding /> }).collect_view()
                    }}
                </ul>
            </Show>
        </section>
    }
}

#[component]
fn Line(finding: Finding) -> impl IntoView {
    let page = page();
    let at = finding.from;
    // The API server's texts often begin with the field already.
    let path = if finding.message.contains(&finding.path) { String::new() } else { finding.path };
    view! {
        <li class=format!("finding {}", finding.severity.class())>
            <button on:click=move |_| page.send(Action::GoToText(at))>
                <span class="sign" aria-hidden="true">
                    {finding.severity.sign()}
                </span>
                <span class="place">{format!("{}:{}", finding.line, finding.column)}</span>
                <span class="message">
                    {(!path.is_empty()).then(|| view! { <code>{path}</code> " " })} {finding.message}
                    {(!finding.hint.is_empty()).then(|| view! { " " <em>{finding.hint}</em> })}
                </span>
            </button>
        </li>
    }
}

fn summary(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counted = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let parts: Vec<String> = [
        counted(count(Severity::Error), "error"),
        counted(count(Severity::Warning), "warning"),
        counted(count(Severity::Info), "note"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match parts.as_slice() {
        [] => "No mistakes found.".into(),
        _ if findings.len() > SHOWN_MAX => format!("{}; the first {SHOWN_MAX} are listed.", parts.join(", ")),
        _ => format!("{}.", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts() {
        let finding = |severity| Finding {
            severity,
            line: 1,
            column: 1,
            from: 0,
            to: 1,
            path: String::new(),
            message: String::new(),
            hint: String::new(),
        };
        assert_eq!(summary(&[]), "No mistakes found.");
        let two = [finding(Severity::Error), finding(Severity::Error), finding(Severity::Info)];
        assert_eq!(summary(&two), "2 errors, 1 note.");
    }
}
