//! JSONPath templates, as `-o jsonpath`, `--sort-by` and `wait --for=jsonpath` take them.
//! Models k8s.io/client-go/util/jsonpath (v1.36)

mod parse;

use std::cmp::Ordering;

use serde_json::Value;

use parse::{Parser, action_end};

/// Deeper nesting of ranges, filters or objects is not followed.
const DEPTH_MAX: usize = 60;
/// More results than this are not collected.
const RESULTS_MAX: usize = 100_000;

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Wildcard,
    Recursive,
    /// `[start:end:step]`; an index is a slice of one that must be there.
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        step: Option<i64>,
        index: bool,
    },
    Union(Vec<Vec<Step>>),
    Filter(Operand, String, Operand),
}

/// One side of a filter.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Path(Vec<Step>),
    Literal(Value),
    /// A bare word, which nothing understands.
    Unknown(String),
    None,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Node>),
    /// A bare word, which fails when it is reached.
    Unknown(String),
}

/// A template that was understood.
#[derive(Clone, Debug)]
pub(crate) struct JsonPath {
    template: String,
    nodes: Vec<Node>,
}

/// `x.y`, `.x.y`, `{x.y}` or `{.x.y}` as the last of these.
/// Models k8s.io/kubectl/pkg/cmd/get.RelaxedJSONPathExpression (v1.36)
pub(crate) fn relaxed(path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let wrong = || {
        "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
         '{.name1.name2}'"
            .to_string()
    };
    let inner = match (path.strip_prefix('{'), path.ends_with('}')) {
        (Some(rest), true) => &rest[..rest.len() - 1],
        (None, false) => path,
        _ => return Err(wrong()),
    };
    if inner.contains(['{', '}']) {
        return Err(wrong());
    }
    Ok(format!("{{.{}}}", inner.strip_prefix('.').unwrap_or(inner)))
}

impl JsonPath {
    /// Reads a template; the error is kubectl's.
    pub(crate) fn parse(template: &str) -> Result<JsonPath, String> {
        let mut rest = template;
        let mut open: Vec<(Vec<Step>, Vec<Node>)> = Vec::new();
        let mut nodes: Vec<Node> = Vec::new();
        while let Some(start) = rest.find('{') {
            if start > 0 {
                nodes.push(Node::Text(rest[..start].to_string()));
            }
            let end = action_end(&rest[start + 1..]).ok_or("unclosed action")?;
            let action = rest[start + 1..start + 1 + end].trim();
            rest = &rest[start + end + 2..];
            if let Some(path) =
                action.strip_prefix("range").filter(|rest| rest.starts_with(char::is_whitespace))
            {
                if open.len() >= DEPTH_MAX {
                    return Err("too many ranges".to_string());
                }
                open.push((Parser::new(path).whole_path()?, std::mem::take(&mut nodes)));
            } else if action == "end" {
                let (path, outer) = open.pop().ok_or("not in range, nothing to end")?;
                let body = std::mem::replace(&mut nodes, outer);
                nodes.push(Node::Range(path, body));
            } else {
                nodes.extend(Parser::new(action).action()?);
            }
        }
        if !rest.is_empty() {
            nodes.push(Node::Text(rest.to_string()));
        }
        while let Some((path, outer)) = open.pop() {
            let body = std::mem::replace(&mut nodes, outer);
            nodes.push(Node::Range(path, body));
        }
        Ok(JsonPath { template: template.to_string(), nodes })
    }

    /// The template as it was given.
    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    /// The text that the template makes of an object. A missing field is no text.
    pub(crate) fn print(&self, object: &Value) -> Result<String, String> {
        let mut out = String::new();
        for found in self.find(object)? {
            let texts: Vec<String> = found.iter().map(shown).collect();
            out.push_str(&texts.join(" "));
        }
        Ok(out)
    }

    /// What each piece of the template comes to.
    pub(crate) fn find(&self, object: &Value) -> Result<Vec<Vec<Value>>, String> {
        let mut results = Vec::new();
        run(&self.nodes, object, object, &mut results)?;
        Ok(results)
    }
}

fn run(nodes: &[Node], root: &Value, here: &Value, results: &mut Vec<Vec<Value>>) -> Result<(), String> {
    for node in nodes {
        if results.len() > RESULTS_MAX {
            return Err("too many results".to_string());
        }
        match node {
            Node::Text(text) => results.push(vec![Value::from(text.as_str())]),
            Node::Unknown(word) => return Err(format!("unrecognized identifier {word}")),
            Node::Path(steps) => {
                let found = walk(steps, root, here, 0)?;
                results.push(found.into_iter().cloned().collect());
            }
            Node::Range(steps, body) => {
                for item in walk(steps, root, here, 0)? {
                    run(body, root, item, results)?;
                }
            }
        }
    }
    Ok(())
}

/// What a path leads to from `here`; a path that begins with `$` begins at the root.
fn walk<'a>(
    steps: &[Step],
    root: &'a Value,
    here: &'a Value,
    depth: usize,
) -> Result<Vec<&'a Value>, String> {
    if depth > DEPTH_MAX {
        return Err("the path is nested too deeply".to_string());
    }
    let mut found = vec![here];
    for step in steps {
        let mut next: Vec<&Value> = Vec::new();
        for value in found {
            match step {
                Step::Field(name) if name == "$" => next.push(root),
                Step::Field(name) => next.extend(value.get(name.as_str())),
                Step::Wildcard => match value {
                    Value::Array(items) => next.extend(items),
                    Value::Object(map) => next.extend(map.values()),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                },
                Step::Recursive => descend(value, &mut next, 0),
                Step::Slice { start, end, step, index } => {
                    if let Value::Array(items) = value {
                        slice(items, *start, *end, *step, *index, &mut next)?;
                    }
                }
                Step::Union(paths) => {
                    for path in paths {
                        next.extend(walk(path, root, value, depth + 1)?);
                    }
                }
                Step::Filter(left, operator, right) => {
                    for item in value.as_array().into_iter().flatten() {
                        if holds(left, operator, right, root, item, depth)? {
                            next.push(item);
                        }
                    }
                }
            }
        }
        next.truncate(RESULTS_MAX);
        found = next;
    }
    Ok(found)
}

/// The value itself and everything inside it.
fn descend<'a>(value: &'a Value, out: &mut Vec<&'a Value>, depth: usize) {
    if depth > DEPTH_MAX || out.len() > RESULTS_MAX {
        return;
    }
    match value {
        Value::Array(items) => {
            out.push(value);
            items.iter().for_each(|item| descend(item, out, depth + 1));
        }
        Value::Object(map) => {
            out.push(value);
            map.values().for_each(|item| descend(item, out, depth + 1));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn slice<'a>(
    items: &'a [Value],
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
    index: bool,
    out: &mut Vec<&'a Value>,
) -> Result<(), String> {
    let length = items.len() as i64;
    let from_end = |at: i64| if at < 0 { at + length } else { at };
    let first = from_end(start.unwrap_or(0));
    let last = match (index, end) {
        (true, _) => first + 1,
        (false, Some(end)) => from_end(end),
        (false, None) => length,
    };
    if index && (first < 0 || first >= length) {
        let asked = start.unwrap_or(0);
        return Err(format!("array index out of bounds: index {asked}, length {length}"));
    }
    let step = step.unwrap_or(1);
    if step <= 0 {
        return Err("step must be > 0".to_string());
    }
    let mut at = first.max(0);
    while at < last.min(length) {
        out.push(&items[at as usize]);
        at += step;
    }
    Ok(())
}

fn holds(
    left: &Operand,
    operator: &str,
    right: &Operand,
    root: &Value,
    item: &Value,
    depth: usize,
) -> Result<bool, String> {
    let evaluate = |operand: &Operand| -> Result<Option<Value>, String> {
        match operand {
            Operand::Path(steps) => {
                Ok(walk(steps, root, item, depth + 1)?.first().map(|value| (*value).clone()))
            }
            Operand::Literal(value) => Ok(Some(value.clone())),
            Operand::Unknown(word) => Err(format!("unrecognized identifier {word}")),
            Operand::None => Ok(None),
        }
    };
    let (left, right) = (evaluate(left)?, evaluate(right)?);
    if operator == "exists" {
        return Ok(left.is_some());
    }
    let (Some(left), Some(right)) = (left, right) else { return Ok(false) };
    let order = compare(Some(&left), Some(&right));
    Ok(match operator {
        "==" | "=" => shown(&left) == shown(&right),
        "!=" => shown(&left) != shown(&right),
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        ">=" => order != Ordering::Less,
        _ => return Err(format!("unrecognized filter operator {operator}")),
    })
}

/// A value as a template prints it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Which of two values comes first; what is missing comes before everything.
pub(crate) fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        },
        (Some(a), Some(b)) => {
            let (a, b) = (shown(a), shown(b));
            // Amounts are ordered by how much they are.
            match (k8s_api::quantity::Quantity::parse(&a), k8s_api::quantity::Quantity::parse(&b)) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                _ => a.cmp(&b),
            }
        }
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// A tree as Go's `%#v` prints it.
pub(crate) fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_string(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key:?}:{}", go_syntax(value))).collect();
            format!("map[string]interface {{}}{{{}}}", entries.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(template: &str, expected: &str) {
        let object = json!({
            "kind": "Pod",
            "metadata": {"name": "solo", "labels": {"app.io/x": "y"}},
            "items": [{"n": "a", "v": 1}, {"n": "b", "v": 2}, {"n": "c"}],
        });
        let printed = JsonPath::parse(template).and_then(|path| path.print(&object));
        assert_eq!(printed.unwrap_or_else(|error| error), expected, "{template}");
    }

    #[test]
    fn templates_print() {
        check("{.metadata.name}{\"\\n\"}", "solo\n");
        check("hello {.metadata.name}", "hello solo");
        check(".metadata.name", ".metadata.name");
        check("{.items[*].n}", "a b c");
        check("{.items[-1:].n}", "c");
        check("{.items[0:2].n}", "a b");
        check("{..n}", "a b c");
        check("{.items[?(@.n==\"b\")].v}", "2");
        check("{.items[?(@.v)].n}", "a b");
        check("{range .items[*]}{.n}={.v};{end}", "a=1;b=2;c=;");
        check("{.metadata.labels.app\\.io/x}", "y");
        check("{.metadata.labels['app.io/x']}", "y");
        check("{$.kind}{@.kind}", "PodPod");
        check("{.metadata.nope.nope}", "");
        check("{.items[0]}", "{\"n\":\"a\",\"v\":1}");
        check("{range .items[*]}{.n}", "abc");
    }

    #[test]
    fn wrong_templates_are_explained() {
        check("{.metadata.name", "unclosed action");
        check("{.items[abc].n}", "invalid array index abc");
        check("{.items[9].n}", "array index out of bounds: index 9, length 3");
        check("{metadata.name}", "unrecognized identifier metadata");
        check("{.items[0].n, .kind}", "unrecognized character in action: U+002C ','");
        check("{.items[?(@.n=a)].v}", "unrecognized identifier a");
    }
}
