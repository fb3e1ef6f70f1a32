//! sed: a stream editor, with most of its commands.

use super::stream::{Filter, Flow, Style, read};
use super::{Opts, usage};
use crate::ctx::{Act, Ctx};
use crate::map::Map;
use crate::regex::Regex;
use crate::vfs::How;

/// Commands run for one line; a script that loops for ever stops there.
const MAX_STEPS: u32 = 20_000;
const MAX_SPACE: usize = 1 << 20;

#[derive(Clone, Debug)]
enum Address {
    Line(u64),
    Last,
    Regex(Option<Regex>),
    /// `addr,+n`
    Plus(u64),
}

#[derive(Clone, Debug)]
struct Command {
    first: Option<Address>,
    second: Option<Address>,
    negated: bool,
    name: u8,
    /// Text of a, i, c; label; file; the two sets of y.
    text: String,
    with: String,
    regex: Option<Regex>,
    /// s: which hit, and all from there.
    nth: u64,
    global: bool,
    print: bool,
    to_file: Option<String>,
    /// `{` and branches: where to go.
    target: usize,
    /// A range that has begun; for `+n` and numbers, the line it ends at.
    active: Option<u64>,
}

#[derive(Clone, Debug)]
struct Sed {
    commands: Vec<Command>,
    quiet: bool,
    line: u64,
    hold: Vec<u8>,
    /// The line that was read but not edited yet: the last one must be known as such.
    ahead: Option<Vec<u8>>,
    /// Lines that n and N still wait for.
    space: Vec<u8>,
    /// Where to go on when n or N has its line.
    resume: Option<usize>,
    append: Vec<String>,
    last_regex: Option<Regex>,
    quit: Option<i32>,
    /// -i: the file that is edited and its new text.
    in_place: Option<String>,
    file: String,
    result: Vec<u8>,
    missing_newline: bool,
}

struct Script<'a> {
    text: &'a [u8],
    at: usize,
    extended: bool,
}

impl Script<'_> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn blanks(&mut self) {
        while self.peek() == b' ' || self.peek() == b'\t' {
            self.at += 1;
        }
    }

    /// Up to an unescaped delimiter; the delimiter is taken too.
    fn until(&mut self, delimiter: u8, regex: bool) -> Option<String> {
        let mut out = Vec::new();
        let mut in_set = false;
        loop {
            let c = *self.text.get(self.at)?;
            self.at += 1;
            if c == b'\\' {
                let next = *self.text.get(self.at)?;
                self.at += 1;
                if next == delimiter && delimiter != b'\\' {
                    // An escaped delimiter is the character itself.
                    if regex && b"|.*[]^$+?(){}".contains(&next) && delimiter != b'|' {
                        out.push(b'\\');
                    }
                    out.push(next);
                } else {
                    out.push(b'\\');
                    out.push(next);
                }
                continue;
            }
            if regex && c == b'[' && !in_set {
                in_set = true;
                out.push(c);
                // A bracket right at the beginning belongs to the set.
                if self.peek() == b'^' {
                    out.push(b'^');
                    self.at += 1;
                }
                if self.peek() == b']' {
                    out.push(b']');
                    self.at += 1;
                }
                continue;
            }
            if in_set && c == b']' {
                in_set = false;
            }
            if c == delimiter && !in_set {
                return Some(String::from_utf8_lossy(&out).into_owned());
            }
            out.push(c);
        }
    }

    fn number(&mut self) -> Option<u64> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).parse().ok()
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        match self.peek() {
            b'0'..=b'9' => Ok(Some(Address::Line(self.number().unwrap_or(0)))),
            b'$' => {
                self.at += 1;
                Ok(Some(Address::Last))
            }
            b'/' | b'\\' => {
                if self.peek() == b'\\' {
                    self.at += 1;
                }
                let delimiter = self.peek();
                self.at += 1;
                let text = self.until(delimiter, true).ok_or_else(|| unmatched(delimiter))?;
                Ok(Some(Address::Regex(self.regex(&text, false)?)))
            }
            _ => Ok(None),
        }
    }

    fn regex(&self, text: &str, icase: bool) -> Result<Option<Regex>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        Regex::new(text, self.extended, icase).map(Some).map_err(|()| {
            let why = if text.contains('[') && !text.contains(']') {
                "Unmatched [, [^, [:, [., or [="
            } else if text.contains('(') {
                "Unmatched ( or \\("
            } else {
                "Invalid preceding regular expression"
            };
            ["bad regex '", text, "': ", why].concat()
        })
    }

    /// A label or file name: to the end of the line (or of the command).
    fn word(&mut self, semicolon: bool) -> String {
        self.blanks();
        let start = self.at;
        while self.at < self.text.len()
            && self.peek() != b'\n'
            && !(semicolon && (self.peek() == b';' || self.peek() == b'}'))
        {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).trim_end().to_string()
    }

    fn parse(&mut self) -> Result<Vec<Command>, String> {
        let mut all: Vec<Command> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        loop {
            while matches!(self.peek(), b' ' | b'\t' | b'\n' | b';') && self.at < self.text.len() {
                self.at += 1;
            }
            if self.at >= self.text.len() {
                break;
            }
            if all.len() > 2000 {
                return Err("too many commands".to_string());
            }
            let mut c = Command {
                first: self.address()?,
                second: None,
                negated: false,
                name: 0,
                text: String::new(),
                with: String::new(),
                regex: None,
                nth: 1,
                global: false,
                print: false,
                to_file: None,
                target: 0,
                active: None,
            };
            self.blanks();
            if c.first.is_some() && self.peek() == b',' {
                self.at += 1;
                self.blanks();
                if self.peek() == b'+' {
                    self.at += 1;
                    c.second = Some(Address::Plus(self.number().unwrap_or(0)));
                } else {
                    c.second = self.address()?;
                }
                if c.second.is_none() {
                    return Err("no address after comma".to_string());
                }
            }
            self.blanks();
            while self.peek() == b'!' {
                c.negated = true;
                self.at += 1;
                self.blanks();
            }
            if self.at >= self.text.len() {
                return Err("missing command".to_string());
            }
            c.name = self.peek();
            self.at += 1;
            match c.name {
                b'#' => {
                    while self.at < self.text.len() && self.peek() != b'\n' {
                        self.at += 1;
                    }
                    continue;
                }
                b'{' => {
                    open.push(all.len());
                    all.push(c);
                    continue;
                }
                b'}' => {
                    // One too many does no harm there.
                    if let Some(at) = open.pop() {
                        all[at].target = all.len();
                    }
                }
                b'a' | b'i' | b'c' => {
                    self.blanks();
                    if self.peek() == b'\\' {
                        self.at += 1;
                        self.blanks();
                        if self.peek() == b'\n' {
                            self.at += 1;
                        }
                    }
                    let mut text = Vec::new();
                    while let Some(b) = self.text.get(self.at).copied() {
                        self.at += 1;
                        if b == b'\n' {
                            break;
                        }
                        if b == b'\\' {
                            if let Some(next) = self.text.get(self.at).copied() {
                                text.push(next);
                                self.at += 1;
                            }
                            continue;
                        }
                        text.push(b);
                    }
                    c.text = String::from_utf8_lossy(&text).into_owned();
                }
                b':' | b'b' | b't' | b'T' => c.text = self.word(true),
                b'r' | b'w' => {
                    c.text = self.word(false);
                    if c.text.is_empty() {
                        return Err("empty filename".to_string());
                    }
                }
                b's' => {
                    let delimiter = self.peek();
                    self.at += 1;
                    let pattern = self.until(delimiter, true).ok_or_else(|| unmatched(delimiter))?;
                    c.with = self.until(delimiter, false).ok_or_else(|| unmatched(delimiter))?;
                    let mut icase = false;
                    loop {
                        match self.peek() {
                            b'g' => (c.global, c.nth) = (true, 1),
                            b'p' => c.print = true,
                            b'i' | b'I' => icase = true,
                            b'0'..=b'9' => {
                                c.nth = self.number().unwrap_or(1).max(1);
                                c.global = false;
                                continue;
                            }
                            b'w' => {
                                self.at += 1;
                                c.to_file = Some(self.word(false));
                                break;
                            }
                            _ => break,
                        }
                        self.at += 1;
                    }
                    c.regex = self.regex(&pattern, icase)?;
                }
                b'y' => {
                    let delimiter = self.peek();
                    self.at += 1;
                    c.text = self.until(delimiter, false).ok_or_else(|| unmatched(delimiter))?;
                    c.with = self.until(delimiter, false).ok_or_else(|| unmatched(delimiter))?;
                    c.text = c.text.replace("\\n", "\n").replace("\\\\", "\\");
                    c.with = c.with.replace("\\n", "\n").replace("\\\\", "\\");
                }
                b'd' | b'D' | b'p' | b'P' | b'n' | b'N' | b'h' | b'H' | b'g' | b'G' | b'x' | b'=' | b'l'
                | b'q' => {}
                other => return Err(["unsupported command ", &(other as char).to_string()].concat()),
            }
            all.push(c);
            self.blanks();
            // What else follows is the next command, there as here.
            if all.last().is_some_and(|c| c.name == b's')
                && self.at < self.text.len()
                && !matches!(self.peek(), b'\n' | b';' | b'}' | b'#')
            {
                return Err("bad option in substitution expression".to_string());
            }
        }
        // BusyBox takes a block that is not closed to the end of the script.
        for at in open {
            all[at].target = all.len();
        }
        let labels: Map<String, usize> = all
            .iter()
            .enumerate()
            .filter(|(_, c)| c.name == b':')
            .map(|(i, c)| (c.text.clone(), i))
            .collect();
        let end = all.len();
        for c in &mut all {
            if matches!(c.name, b'b' | b't' | b'T') {
                c.target = if c.text.is_empty() {
                    end
                } else {
                    *labels
                        .get(&c.text)
                        .ok_or_else(|| ["can't find label for jump to '", &c.text, "'"].concat())?
                };
            }
        }
        Ok(all)
    }
}

fn unmatched(delimiter: u8) -> String {
    ["unmatched '", &(delimiter as char).to_string(), "'"].concat()
}

impl Sed {
    fn matches(&mut self, address: &Address, last: bool) -> bool {
        match address {
            Address::Line(n) => self.line == *n,
            Address::Last => last,
            Address::Regex(regex) => {
                let regex = regex.clone().or(self.last_regex.clone());
                let Some(regex) = regex else { return false };
                let hit = regex.is_match(&self.space);
                self.last_regex = Some(regex);
                hit
            }
            Address::Plus(_) => false,
        }
    }

    fn selected(&mut self, index: usize, last: bool) -> bool {
        let (first, second, active) = {
            let c = &self.commands[index];
            (c.first.clone(), c.second.clone(), c.active)
        };
        let Some(first) = first else { return true };
        let Some(second) = second else { return self.matches(&first, last) };
        if let Some(end) = active {
            let done = match &second {
                Address::Line(n) => self.line >= *n,
                Address::Plus(_) => self.line >= end,
                address => self.matches(address, last),
            };
            if done {
                self.commands[index].active = None;
            }
            // A range whose end lies before this line is over.
            return !matches!(&second, Address::Line(n) if self.line > *n);
        }
        let begins = self.matches(&first, last);
        if begins {
            let open = match &second {
                Address::Line(n) => *n > self.line,
                Address::Plus(n) => *n > 0,
                _ => true,
            };
            if open {
                let end = if let Address::Plus(n) = &second { self.line + n } else { 0 };
                self.commands[index].active = Some(end);
            }
        }
        begins
    }

    fn put(&mut self, cx: &mut Ctx<'_>, bytes: &[u8]) {
        if self.in_place.is_some() {
            if self.result.len() < 16 << 20 {
                self.result.extend_from_slice(bytes);
            }
        } else {
            cx.out_bytes(bytes);
        }
    }

    fn put_line(&mut self, cx: &mut Ctx<'_>, line: &[u8], last: bool) {
        let mut out = line.to_vec();
        if !(last && self.missing_newline) {
            out.push(b'\n');
        }
        self.put(cx, &out);
    }

    /// `s`: does what it says; true when it replaced something.
    fn substitute(&mut self, index: usize) -> bool {
        let c = &self.commands[index];
        let Some(regex) = c.regex.clone().or(self.last_regex.clone()) else { return false };
        let with = c.with.clone().into_bytes();
        let (nth, global) = (c.nth, c.global);
        let text = std::mem::take(&mut self.space);
        let mut out = Vec::new();
        let (mut at, mut count, mut done) = (0, 0, false);
        let mut last_end = usize::MAX;
        while at <= text.len() {
            let Some(groups) = regex.find(&text, at) else { break };
            let Some((a, b)) = groups[0] else { break };
            if a == b && a == last_end {
                // An empty match right after one does not count.
                if a < text.len() {
                    out.push(text[a]);
                }
                at = a + 1;
                last_end = usize::MAX;
                continue;
            }
            out.extend_from_slice(&text[at..a]);
            count += 1;
            if count >= nth {
                done = true;
                expand(&mut out, &with, &text, &groups);
            } else {
                out.extend_from_slice(&text[a..b]);
            }
            last_end = b;
            at = b;
            if a == b {
                if a < text.len() {
                    out.push(text[a]);
                }
                at = a + 1;
            }
            if done && !global || out.len() > MAX_SPACE {
                break;
            }
        }
        if at < text.len() {
            out.extend_from_slice(&text[at..]);
        }
        self.space = out;
        self.last_regex = Some(regex);
        done
    }

    /// Runs the script over the pattern space from a command on. False when it waits for another line.
    fn run(&mut self, cx: &mut Ctx<'_>, from: usize, last: bool) -> bool {
        let mut pc = from;
        let mut substituted = false;
        let mut steps = 0;
        while pc < self.commands.len() {
            steps += 1;
            if steps > MAX_STEPS {
                break;
            }
            let hit = self.selected(pc, last) != self.commands[pc].negated;
            let name = self.commands[pc].name;
            if !hit {
                pc = if name == b'{' { self.commands[pc].target } else { pc + 1 };
                continue;
            }
            let text = self.commands[pc].text.clone();
            match name {
                b's' if self.substitute(pc) => {
                    substituted = true;
                    let space = self.space.clone();
                    if self.commands[pc].print {
                        self.put_line(cx, &space, last);
                    }
                    if let Some(file) = self.commands[pc].to_file.clone() {
                        write_file(cx, &file, &space);
                    }
                }
                b'd' => {
                    self.space.clear();
                    self.flush(cx);
                    return true;
                }
                b'D' => {
                    match self.space.iter().position(|b| *b == b'\n') {
                        Some(at) => {
                            self.space.drain(..=at);
                            self.flush(cx);
                            pc = 0;
                            continue;
                        }
                        None => {
                            self.flush(cx);
                            return true;
                        }
                    };
                }
                b'p' => {
                    let space = self.space.clone();
                    self.put_line(cx, &space, last);
                }
                b'P' => {
                    let end = self.space.iter().position(|b| *b == b'\n').unwrap_or(self.space.len());
                    let line = self.space[..end].to_vec();
                    self.put_line(cx, &line, false);
                }
                b'n' | b'N' => {
                    if last {
                        if name == b'N' || self.quiet {
                            // At the end GNU and BusyBox print what there is.
                        }
                        break;
                    }
                    if name == b'n' {
                        if !self.quiet {
                            let space = self.space.clone();
                            self.put_line(cx, &space, false);
                        }
                        self.flush(cx);
                        self.space.clear();
                    } else {
                        self.space.push(b'\n');
                    }
                    self.resume = Some(pc + 1);
                    return false;
                }
                b'h' => self.hold = self.space.clone(),
                b'H' => {
                    self.hold.push(b'\n');
                    let space = self.space.clone();
                    self.hold.extend(space);
                    self.hold.truncate(MAX_SPACE);
                }
                b'g' => self.space = self.hold.clone(),
                b'G' => {
                    self.space.push(b'\n');
                    let hold = self.hold.clone();
                    self.space.extend(hold);
                    self.space.truncate(MAX_SPACE);
                }
                b'x' => std::mem::swap(&mut self.space, &mut self.hold),
                b'a' => self.append.push(text + "\n"),
                b'i' => self.put(cx, (text + "\n").as_bytes()),
                b'c' => {
                    let c = &self.commands[pc];
                    if c.second.is_none() || c.active.is_none() || c.negated {
                        self.put(cx, (text + "\n").as_bytes());
                    }
                    self.space.clear();
                    self.flush(cx);
                    return true;
                }
                b'r' => {
                    if let Ok(bytes) = cx.read_all(&text) {
                        self.append.push(String::from_utf8_lossy(&bytes).into_owned());
                    }
                }
                b'w' => {
                    let space = self.space.clone();
                    write_file(cx, &text, &space);
                }
                b'y' => {
                    let with: Vec<char> = self.commands[pc].with.chars().collect();
                    let from: Vec<char> = text.chars().collect();
                    let line = String::from_utf8_lossy(&self.space).into_owned();
                    let line: String = line
                        .chars()
                        .map(|c| {
                            from.iter().position(|f| *f == c).and_then(|i| with.get(i)).copied().unwrap_or(c)
                        })
                        .collect();
                    self.space = line.into_bytes();
                }
                b'=' => {
                    let number = format!("{}\n", self.line);
                    self.put(cx, number.as_bytes());
                }
                // BusyBox knows the command, and shows nothing.
                b'l' => {}
                b'q' => {
                    self.quit = Some(0);
                    break;
                }
                b'b' => {
                    pc = self.commands[pc].target;
                    continue;
                }
                b't' | b'T' => {
                    if substituted == (name == b't') {
                        substituted = false;
                        pc = self.commands[pc].target;
                        continue;
                    }
                    substituted = false;
                }
                _ => {}
            }
            pc += 1;
        }
        if !self.quiet {
            let space = std::mem::take(&mut self.space);
            self.put_line(cx, &space, last);
        }
        self.flush(cx);
        true
    }

    fn flush(&mut self, cx: &mut Ctx<'_>) {
        for text in std::mem::take(&mut self.append) {
            self.put(cx, text.as_bytes());
        }
    }

    fn line(&mut self, cx: &mut Ctx<'_>, data: &[u8], last: bool) -> Flow {
        let line = data.strip_suffix(b"\n");
        self.missing_newline = line.is_none();
        let line = line.unwrap_or(data);
        self.line += 1;
        cx.charge(self.commands.len() as u32);
        let from = match self.resume.take() {
            Some(from) => {
                self.space.extend_from_slice(line);
                self.space.truncate(MAX_SPACE);
                from
            }
            None => {
                self.space = line.to_vec();
                0
            }
        };
        self.run(cx, from, last);
        cx.charge(self.space.len() as u32 / 256 + self.last_regex.as_ref().map_or(0, Regex::cost));
        if self.quit.is_some() { Flow::Quit } else { Flow::More }
    }
}

fn expand(out: &mut Vec<u8>, with: &[u8], text: &[u8], groups: &[Option<(usize, usize)>]) {
    let mut i = 0;
    let group = |out: &mut Vec<u8>, n: usize| {
        if let Some(Some((a, b))) = groups.get(n) {
            out.extend_from_slice(&text[*a..*b]);
        }
    };
    while i < with.len() {
        match with[i] {
            b'&' => group(out, 0),
            b'\\' if i + 1 < with.len() => {
                i += 1;
                match with[i] {
                    d @ b'0'..=b'9' => group(out, (d - b'0') as usize),
                    b'n' => out.push(b'\n'),
                    b't' => out.push(b'\t'),
                    c => out.push(c),
                }
            }
            c => out.push(c),
        }
        i += 1;
    }
}

fn write_file(cx: &mut Ctx<'_>, path: &str, line: &[u8]) {
    let mut line = line.to_vec();
    line.push(b'\n');
    if path == "/dev/stdout" {
        cx.out_bytes(&line);
    } else if let Ok(fd) = cx.open(path, How::APPEND) {
        let _ = cx.os.write(cx.pid, fd, &line);
        cx.close(fd);
    }
}

impl Filter for Sed {
    fn begin(&mut self, _: &mut Ctx<'_>, name: &str) {
        if self.in_place.is_some() {
            self.file = name.to_string();
            self.line = 0;
            self.result.clear();
        }
    }
    fn data(&mut self, cx: &mut Ctx<'_>, data: &[u8]) -> Flow {
        // One line is kept back, so that `$` is known.
        match self.ahead.replace(data.to_vec()) {
            Some(line) => {
                let flow = self.line(cx, &line, false);
                if flow == Flow::Quit {
                    self.ahead = None;
                }
                flow
            }
            None => Flow::More,
        }
    }
    fn end(&mut self, cx: &mut Ctx<'_>) -> Flow {
        if self.in_place.is_some() {
            if let Some(line) = self.ahead.take() {
                self.line(cx, &line, true);
            }
            let result = std::mem::take(&mut self.result);
            let file = self.file.clone();
            if let Some(suffix) = self.in_place.clone().filter(|s| !s.is_empty()) {
                let _ = cx.os.rename(cx.pid, &file, &[&*file, &*suffix].concat());
            }
            let _ = cx.write_all(&file, &result);
        }
        Flow::More
    }
    fn finish(&mut self, cx: &mut Ctx<'_>, failed: bool) -> i32 {
        if self.quit.is_none()
            && let Some(line) = self.ahead.take()
        {
            self.line(cx, &line, true);
        }
        self.quit.unwrap_or(i32::from(failed))
    }
    fn boxed(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

pub(crate) fn sed(cx: &mut Ctx<'_>) -> Act {
    let long =
        [("regexp-extended", 'E'), ("quiet", 'n'), ("silent", 'n'), ("expression", 'e'), ("file", 'f')];
    let mut opts = opts!(cx, "nrEe:f:i::", &long);
    // The suffix of the copy that is kept.
    let in_place = opts.value('i').map(str::to_string);
    let mut script: Vec<String> = opts.values('e').map(str::to_string).collect();
    if let Some(file) = opts.value('f').map(str::to_string) {
        match cx.read_all(&file) {
            Ok(bytes) => script.push(String::from_utf8_lossy(&bytes).into_owned()),
            Err(errno) => return Act::Exit(cx.fail("can't open", &file, errno)),
        }
    }
    if script.is_empty() {
        if opts.rest.is_empty() {
            return Act::Exit(usage(cx));
        }
        script.push(opts.rest.remove(0));
    }
    let script = script.join("\n");
    let mut parser = Script { text: script.as_bytes(), at: 0, extended: opts.has('r') || opts.has('E') };
    let mut quiet = opts.has('n');
    if script.starts_with("#n\n") {
        quiet = true;
    }
    let commands = match parser.parse() {
        Ok(commands) => commands,
        Err(message) => {
            cx.complain(&message);
            return Act::Exit(1);
        }
    };
    let sed = Sed {
        commands,
        quiet,
        line: 0,
        hold: Vec::new(),
        ahead: None,
        space: Vec::new(),
        resume: None,
        append: Vec::new(),
        last_regex: None,
        quit: None,
        in_place,
        file: String::new(),
        result: Vec::new(),
        missing_newline: false,
    };
    read(opts.rest, true, Style::Plain, Box::new(sed))
}
