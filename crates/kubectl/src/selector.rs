//! Label selectors and field selectors, as `-l` and `--field-selector` take them and as tables print them.

use k8s_api::kind::Kind;
use serde_json::Value;

use crate::tree::{at, list, text};

/// What a requirement asks of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Greater,
    Less,
}

/// One requirement of a label selector.
#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

/// A label selector: every requirement must hold; none means everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels(Vec<Requirement>);

/// A piece of a selector's text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Sign(&'a str),
    End,
}

fn lex(text: &str) -> Vec<Token<'_>> {
    let is_special = |c: char| "=!(),><".contains(c);
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let two = ["==", "!="].iter().find(|sign| rest.starts_with(**sign));
        let length = if two.is_some() {
            2
        } else if rest.starts_with(is_special) {
            1
        } else {
            rest.find(|c: char| is_special(c) || c.is_whitespace()).unwrap_or(rest.len())
        };
        let (piece, after) = rest.split_at(length);
        tokens.push(if piece.starts_with(is_special) { Token::Sign(piece) } else { Token::Word(piece) });
        rest = after.trim_start();
    }
    tokens.push(Token::End);
    tokens
}

fn shown<'a>(token: &Token<'a>) -> &'a str {
    match token {
        Token::Word(text) | Token::Sign(text) => text,
        Token::End => "",
    }
}

impl Labels {
    /// Reads `app=web,env in (a,b),!old`; the error is the API server's text.
    /// Models k8s.io/apimachinery/pkg/labels.Parse (v1.36)
    pub(crate) fn parse(text: &str) -> Result<Labels, String> {
        let tokens = lex(text);
        let mut at = 0;
        let mut requirements = Vec::new();
        let mut next = || {
            let token = tokens.get(at).cloned().unwrap_or(Token::End);
            at += 1;
            token
        };
        let mut token = next();
        if token == Token::End {
            return Ok(Labels::default());
        }
        loop {
            let negated = token == Token::Sign("!");
            if negated {
                token = next();
            }
            let Token::Word(key) = token else {
                return Err(match token {
                    Token::End if negated => "found '', expected: identifier".to_string(),
                    _ => format!("found '{}', expected: !, identifier, or 'end of string'", shown(&token)),
                });
            };
            let key = key.to_string();
            token = next();
            let (operator, values) = if negated {
                (Operator::DoesNotExist, Vec::new())
            } else {
                match token.clone() {
                    Token::End | Token::Sign(",") => (Operator::Exists, Vec::new()),
                    Token::Sign(sign @ ("=" | "==" | "!=" | ">" | "<")) => {
                        let operator = match sign {
                            "!=" => Operator::NotIn,
                            ">" => Operator::Greater,
                            "<" => Operator::Less,
                            _ => Operator::In,
                        };
                        token = next();
                        let value = match token.clone() {
                            Token::Word(value) => {
                                token = next();
                                value.to_string()
                            }
                            Token::End | Token::Sign(",") => String::new(),
                            Token::Sign(other) => {
                                return Err(format!("found '{other}', expected: identifier"));
                            }
                        };
                        (operator, vec![value])
                    }
                    Token::Word(word @ ("in" | "notin")) => {
                        let operator = if word == "in" { Operator::In } else { Operator::NotIn };
                        token = next();
                        if token != Token::Sign("(") {
                            return Err(format!(
                                "unable to parse requirement: found '{}' expected: '('",
                                shown(&token)
                            ));
                        }
                        let mut values = Vec::new();
                        loop {
                            token = next();
                            let Token::Word(value) = token else {
                                if token == Token::Sign(")") {
                                    break;
                                }
                                return Err(format!(
                                    "unable to parse requirement: found '{}', expected: ',', ')' or identifier",
                                    shown(&token)
                                ));
                            };
                            values.push(value.to_string());
                            token = next();
                            match token {
                                Token::Sign(",") => {}
                                Token::Sign(")") => break,
                                _ => {
                                    return Err(format!(
                                        "unable to parse requirement: found '{}', expected: ',' or ')'",
                                        shown(&token)
                                    ));
                                }
                            }
                        }
                        token = next();
                        (operator, values)
                    }
                    other => {
                        return Err(format!(
                            "unable to parse requirement: found '{}', expected: in, notin, =, ==, !=, gt, lt",
                            shown(&other)
                        ));
                    }
                }
            };
            requirements.push(Requirement { key, operator, values });
            match token {
                Token::End => return Ok(Labels(requirements)),
                Token::Sign(",") => token = next(),
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", shown(&other))),
            }
            if token == Token::End {
                return Err("found '', expected: identifier after ','".to_string());
            }
        }
    }

    /// Whether an object's labels satisfy every requirement.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = at(object, "metadata.labels");
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key).and_then(Value::as_str);
            let listed = value.is_some_and(|value| requirement.values.iter().any(|v| v == value));
            let number = |text: &str| text.parse::<i64>().ok();
            let bound = requirement.values.first().and_then(|value| number(value));
            match requirement.operator {
                Operator::In => listed,
                Operator::NotIn => !listed,
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
                Operator::Greater => {
                    value.and_then(number).zip(bound).is_some_and(|(value, than)| value > than)
                }
                Operator::Less => value.and_then(number).zip(bound).is_some_and(|(value, than)| value < than),
            }
        })
    }
}

/// A field selector: each field must have, or not have, its value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(String, bool, String)>);

impl Fields {
    /// Reads `status.phase=Running,metadata.name!=x`; the error is the API server's text.
    /// Models k8s.io/apimachinery/pkg/fields.ParseSelector (v1.36)
    pub(crate) fn parse(text: &str, kind: &Kind) -> Result<Fields, String> {
        let mut fields = Vec::new();
        for term in text.split(',').filter(|term| !term.is_empty()) {
            let split = [("!=", false), ("==", true), ("=", true)]
                .iter()
                .filter_map(|(sign, equal)| term.find(sign).map(|at| (at, *sign, *equal)))
                .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()));
            let Some((at, sign, equal)) = split else {
                return Err(format!("invalid selector: '{text}'; can't understand '{term}'"));
            };
            let (field, value) = (&term[..at], &term[at + sign.len()..]);
            if !selectable(kind).contains(&field) {
                return Err(if kind.kind == "Pod" || kind.group.is_empty() {
                    format!("field label not supported: {field}")
                } else {
                    format!(
                        "\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    )
                });
            }
            fields.push((field.to_string(), equal, value.to_string()));
        }
        Ok(Fields(fields))
    }

    /// Whether an object's fields satisfy every term.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|(field, equal, value)| {
            let found = match field.as_str() {
                "status.podIP" => text(object, field).to_string(),
                _ => crate::tree::plain(at(object, field)),
            };
            // The spec's fields have defaults in an empty object too.
            let found = match (field.as_str(), found.as_str()) {
                ("spec.unschedulable" | "spec.hostNetwork", "") => "false".to_string(),
                _ => found,
            };
            (found == *value) == *equal
        })
    }
}

/// The fields that the API server can select by. Models pkg/apis/core/v1/conversion.go (v1.36)
fn selectable(kind: &Kind) -> &'static [&'static str] {
    match kind.kind {
        "Pod" => &[
            "metadata.name",
            "metadata.namespace",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        "Node" => &["metadata.name", "spec.unschedulable"],
        "Event" => &[
            "metadata.name",
            "metadata.namespace",
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "Namespace" => &["metadata.name", "name", "status.phase"],
        "Secret" => &["metadata.name", "metadata.namespace", "type"],
        "Service" => &["metadata.name", "metadata.namespace", "spec.clusterIP", "spec.type"],
        "ReplicaSet" | "ReplicationController" => &["metadata.name", "metadata.namespace", "status.replicas"],
        "Job" => &["metadata.name", "metadata.namespace", "status.successful"],
        _ => &["metadata.name", "metadata.namespace"],
    }
}

/// `a=b,c=d`, or `<none>`. Models k8s.io/apimachinery/pkg/labels.FormatLabels (v1.36)
pub(crate) fn format_labels(labels: &Value) -> String {
    let pairs: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or("")))
        .collect();
    if pairs.is_empty() { "<none>".to_string() } else { pairs.join(",") }
}

/// `app=web,env in (a,b)`, or `<none>`. Models metav1.FormatLabelSelector (v1.36)
pub(crate) fn format_label_selector(selector: &Value) -> String {
    let mut requirements: Vec<(String, String)> = Vec::new();
    for (key, value) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
        requirements.push((key.clone(), format!("{key}={}", value.as_str().unwrap_or(""))));
    }
    for expression in list(selector, "matchExpressions") {
        let key = text(expression, "key");
        let mut values: Vec<&str> = list(expression, "values").iter().filter_map(Value::as_str).collect();
        crate::sort::by_text(&mut values, |value| value);
        let values = values.join(",");
        let shown = match text(expression, "operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_string(),
            "DoesNotExist" => format!("!{key}"),
            _ => return "<error>".to_string(),
        };
        requirements.push((key.to_string(), shown));
    }
    crate::sort::by_text(&mut requirements, |(key, _)| key);
    if requirements.is_empty() {
        return "<none>".to_string();
    }
    requirements.into_iter().map(|(_, shown)| shown).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn label_selectors_choose() {
        let object = json!({"metadata": {"labels": {"app": "web", "env": "prod"}}});
        for (selector, expected) in [
            ("app=web", true),
            ("app==web,env in (prod,dev)", true),
            ("env notin (prod)", false),
            ("!env", false),
            ("env", true),
            ("env!=prod", false),
            ("", true),
        ] {
            assert_eq!(Labels::parse(selector).unwrap().matches(&object), expected, "{selector}");
        }
    }

    #[test]
    fn bad_label_selectors_are_explained() {
        let error = |text| Labels::parse(text).unwrap_err();
        assert_eq!(error("app in web"), "unable to parse requirement: found 'web' expected: '('");
        assert_eq!(error("=x"), "found '=', expected: !, identifier, or 'end of string'");
    }
}
