//! The few shell words of the recordings: pipes, `cat`, `head`, `tail`, `cut`, `printf > FILE`, `sed -i`.

use std::collections::BTreeMap;

/// One command of a pipeline.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// kubectl, whose standard input may be `/dev/null` or another file.
    Kubectl { line: String, from_nothing: bool, file: Option<String> },
    /// Anything else.
    Filter(Filter),
}

/// Words of a command that is not kubectl.
#[derive(Clone, Debug)]
pub(crate) struct Filter(Vec<String>);

/// The parts of a pipeline; nothing when the line needs a real shell.
pub(crate) fn pipeline(line: &str) -> Option<Vec<Part>> {
    // A remark that says what was done besides the recording.
    let line = match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with("kubectl config set-context") => rest,
        Some(_) => return None,
        None => line,
    };
    let mut parts = Vec::new();
    for piece in split_pipes(line)? {
        let piece = piece.trim();
        if piece.starts_with("kubectl") {
            let from_nothing = piece.ends_with("< /dev/null");
            let line = piece.trim_end_matches("< /dev/null").trim().to_string();
            let (line, file) = match line.rsplit_once(" < ") {
                Some((line, file)) if !file.contains(' ') => (line.to_string(), Some(file.to_string())),
                _ => (line, None),
            };
            parts.push(Part::Kubectl { line, from_nothing, file });
        } else {
            let words = kubectl::split(piece).ok()?;
            let known = ["cat", "head", "tail", "cut", "printf", "sed"];
            if !words.first().is_some_and(|word| known.contains(&word.as_str())) {
                return None;
            }
            parts.push(Part::Filter(Filter(words)));
        }
    }
    Some(parts)
}

/// Cuts at pipes outside quotes; `;` and `&` outside quotes need a real shell.
fn split_pipes(line: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    let mut escaped = false;
    for c in line.chars() {
        match (quote, c) {
            _ if escaped => {
                escaped = false;
                parts.last_mut()?.push(c);
                continue;
            }
            (Some('"') | None, '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '|') => {
                parts.push(String::new());
                continue;
            }
            (None, ';' | '&') => return None,
            _ => {}
        }
        parts.last_mut()?.push(c);
    }
    Some(parts)
}

impl Filter {
    /// What it prints; it may write files.
    pub(crate) fn run(&self, files: &mut BTreeMap<String, String>, input: String) -> Option<String> {
        let words: Vec<&str> = self.0.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["cat", names @ ..] => names.iter().map(|name| files.get(*name).cloned()).collect(),
            ["head"] => Some(lines(&input, 10)),
            ["head", count] => Some(lines(&input, count.trim_start_matches('-').parse().ok()?)),
            ["tail", count] => {
                let count: usize = count.trim_start_matches('-').parse().ok()?;
                let all: Vec<&str> = input.split_inclusive('\n').collect();
                Some(all[all.len().saturating_sub(count)..].concat())
            }
            ["cut", range] => {
                let (_, to) = range.strip_prefix("-c")?.split_once('-')?;
                let to: usize = to.parse().ok()?;
                Some(input.lines().map(|line| line.chars().take(to).collect::<String>() + "\n").collect())
            }
            ["printf", text, ">", file] => {
                files.insert((*file).to_string(), text.replace("\\n", "\n"));
                Some(String::new())
            }
            ["sed", "-i", script, file] => {
                let edited = sed(script, files.get(*file)?)?;
                files.insert((*file).to_string(), edited);
                Some(String::new())
            }
            _ => None,
        }
    }
}

fn lines(text: &str, count: usize) -> String {
    text.split_inclusive('\n').take(count).collect()
}

/// `s/a/b/` and `/a/d` with plain words.
fn sed(script: &str, text: &str) -> Option<String> {
    let mut text = text.to_string();
    for command in script.split("; ") {
        let parts: Vec<&str> = command.split('/').collect();
        text = match parts.as_slice() {
            ["s", from, to, ""] => {
                text.split_inclusive('\n').map(|line| line.replacen(from, to, 1)).collect()
            }
            ["", word, "d"] => text.split_inclusive('\n').filter(|line| !line.contains(word)).collect(),
            _ => return None,
        };
    }
    Some(text)
}
