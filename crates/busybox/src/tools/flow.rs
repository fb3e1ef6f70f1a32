//! Tools that move bytes for as long as they are asked: yes, dd.

use super::number;
use crate::ctx::{Act, Ctx, Machine, Step};
use crate::fd::{OfdKind, Read};
use crate::types::Errno;
use crate::vfs::How;

#[derive(Clone, Debug)]
struct Yes(Vec<u8>);

impl Machine for Yes {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        match cx.write(1, &self.0) {
            Err(errno) if errno != Errno::Pipe => {
                cx.complain(&["standard output: ", errno.text()].concat());
                Step::Exit(1)
            }
            Err(_) => Step::Exit(1),
            Ok(()) => Step::Yield,
        }
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

pub(crate) fn yes(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let line = if args.len() > 1 { args[1..].join(" ") } else { "y".to_string() } + "\n";
    Act::Run(Box::new(Yes(line.repeat(4096 / line.len().max(1) + 1).into_bytes())))
}

#[derive(Clone, Debug)]
struct Dd {
    input: usize,
    output: usize,
    block: u64,
    count: Option<u64>,
    /// Blocks still to be skipped.
    skip: u64,
    seek: u64,
    buf: Vec<u8>,
    whole_in: u64,
    part_in: u64,
    whole_out: u64,
    part_out: u64,
    quiet: bool,
    noxfer: bool,
    started: u64,
    /// Not on before this time,
    due: u64,
    /// and not before so many microseconds' work is done: moving a mebibyte takes a millisecond.
    owed: u64,
    target: String,
}

impl Dd {
    fn report(&self, cx: &mut Ctx<'_>) {
        if self.quiet {
            return;
        }
        let bytes = self.whole_out * self.block + self.part_out;
        let mut text = format!(
            "{}+{} records in\n{}+{} records out\n",
            self.whole_in,
            u32::from(self.part_in > 0) as u64 + self.part_in.saturating_sub(1),
            self.whole_out,
            u32::from(self.part_out > 0)
        );
        if !self.noxfer {
            let ms = (cx.now() - self.started).max(1);
            let human = super::files::human(bytes);
            let unit = if bytes >= 1024 { "B" } else { " bytes" };
            text.push_str(&format!(
                "{bytes} bytes ({human}{unit}) copied, {}.{:06} seconds, {}B/s\n",
                ms / 1000,
                ms % 1000 * 1000,
                super::files::human(bytes * 1000 / ms)
            ));
        }
        let _ = cx.write(2, text.as_bytes());
    }

    fn finish(&self, cx: &mut Ctx<'_>, code: i32) -> Step {
        self.report(cx);
        Step::Exit(code)
    }

    fn write(&mut self, cx: &mut Ctx<'_>, bytes: &[u8]) -> Result<(), Errno> {
        if self.seek > 0 {
            let by = self.seek * self.block;
            self.seek = 0;
            if let Ok(ofd) = cx.os.fd_of(cx.pid, self.output)
                && let Some(OfdKind::File { pos, .. }) = cx.os.ofds.get_mut(&ofd).map(|o| &mut o.kind)
            {
                *pos += by;
            }
        }
        cx.os.write(cx.pid, self.output, bytes)
    }

    /// A block of zeros into a file, without making it.
    fn zeros(&mut self, cx: &mut Ctx<'_>) -> Option<Result<(), Errno>> {
        let from = cx.os.fd_of(cx.pid, self.input).ok()?;
        if !matches!(cx.os.ofds.get(&from)?.kind, OfdKind::Zero) {
            return None;
        }
        let to = cx.os.fd_of(cx.pid, self.output).ok()?;
        let OfdKind::File { fs, ino, pos, path, .. } = cx.os.ofds.get(&to)?.kind.clone() else { return None };
        let at = pos + self.seek * self.block;
        self.seek = 0;
        let mtime = cx.os.unix_ms();
        let tree = cx.os.fss.get_mut(&fs)?.make_mut();
        let result = tree.write_zeros(ino, at, self.block, mtime);
        if result.is_ok()
            && let Some(OfdKind::File { pos, .. }) = cx.os.ofds.get_mut(&to).map(|o| &mut o.kind)
        {
            *pos = at + self.block;
        }
        cx.os.note_change((fs, path));
        Some(result)
    }
}

impl Machine for Dd {
    fn step(&mut self, cx: &mut Ctx<'_>) -> Step {
        if cx.now() < self.due {
            return Step::Block(Some(self.due));
        }
        if self.owed > 0 {
            let (done, until) = cx.compute(self.owed);
            self.owed -= done;
            self.due = until;
            return Step::Block(Some(until));
        }
        let (mut moved, mut turns) = (0u64, 0u64);
        loop {
            if self.count.is_some_and(|c| self.whole_in + self.part_in >= c) {
                return self.finish(cx, 0);
            }
            if moved >= 1 << 20 || turns >= 4096 {
                // Small blocks take their time too.
                // The calls of the small ones are charged already.
                self.owed = ((moved >> 20) * 1000).max((turns >> 9) * 940);
                return Step::Yield;
            }
            turns += 1;
            if self.skip == 0
                && let Some(result) = self.zeros(cx)
            {
                self.whole_in += 1;
                match result {
                    Ok(()) => self.whole_out += 1,
                    Err(errno) => return self.failed(cx, errno),
                }
                moved += self.block;
                continue;
            }
            let want = (self.block as usize - self.buf.len()).min(1 << 20);
            match cx.read(self.input, want) {
                Ok(Read::Data(bytes)) => {
                    moved += bytes.len() as u64;
                    self.buf.extend(bytes);
                    if (self.buf.len() as u64) < self.block {
                        continue;
                    }
                    let block = std::mem::take(&mut self.buf);
                    if self.skip > 0 {
                        self.skip -= 1;
                        continue;
                    }
                    self.whole_in += 1;
                    if let Err(errno) = self.write(cx, &block) {
                        return self.failed(cx, errno);
                    }
                    self.whole_out += 1;
                    if cx.os.proc(cx.pid).is_some_and(|p| !p.out.is_empty()) {
                        return Step::Yield;
                    }
                }
                Ok(Read::Wait) => return Step::Block(None),
                Ok(Read::Eof) => {
                    if !self.buf.is_empty() && self.skip == 0 {
                        let rest = std::mem::take(&mut self.buf);
                        self.part_in += 1;
                        if let Err(errno) = self.write(cx, &rest) {
                            return self.failed(cx, errno);
                        }
                        self.part_out += rest.len() as u64;
                    }
                    return self.finish(cx, 0);
                }
                Err(errno) => {
                    cx.complain(&["error reading: ", errno.text()].concat());
                    return self.finish(cx, 1);
                }
            }
        }
    }
    fn boxed(&self) -> Box<dyn Machine> {
        Box::new(self.clone())
    }
}

impl Dd {
    fn failed(&self, cx: &mut Ctx<'_>, errno: Errno) -> Step {
        cx.complain(&["error writing '", &self.target, "': ", errno.text()].concat());
        self.finish(cx, 1)
    }
}

pub(crate) fn dd(cx: &mut Ctx<'_>) -> Act {
    let args = cx.args();
    let mut dd = Dd {
        input: 0,
        output: 1,
        block: 512,
        count: None,
        skip: 0,
        seek: 0,
        buf: Vec::new(),
        whole_in: 0,
        part_in: 0,
        whole_out: 0,
        part_out: 0,
        quiet: false,
        noxfer: false,
        started: cx.now(),
        due: 0,
        owed: 0,
        target: "standard output".to_string(),
    };
    let (mut from, mut to, mut truncate) = (None, None, true);
    for arg in &args[1..] {
        let Some((key, value)) = arg.split_once('=') else {
            return Act::Exit(super::usage(cx));
        };
        let size = number(value);
        match (key, size) {
            ("if", _) => from = Some(value),
            ("of", _) => to = Some(value),
            ("bs" | "ibs" | "obs", Some(n)) if n > 0 => dd.block = n.min(1 << 30),
            ("count", Some(n)) => dd.count = Some(n),
            ("skip", Some(n)) => dd.skip = n,
            ("seek", Some(n)) => dd.seek = n,
            ("conv", _) => truncate = !value.split(',').any(|v| v == "notrunc"),
            ("status", _) => {
                dd.quiet = value == "none";
                dd.noxfer = value == "noxfer";
            }
            ("iflag" | "oflag", _) => {}
            ("bs" | "ibs" | "obs" | "count" | "skip" | "seek", _) => {
                cx.complain(&["invalid number '", value, "'"].concat());
                return Act::Exit(1);
            }
            _ => return Act::Exit(super::usage(cx)),
        }
    }
    if let Some(path) = from {
        match cx.open(path, How::READ) {
            Ok(fd) => dd.input = fd,
            Err(errno) => return Act::Exit(cx.fail("can't open", path, errno)),
        }
    }
    if let Some(path) = to {
        match cx.open(path, How { truncate: truncate && dd.seek == 0, ..How::WRITE }) {
            Ok(fd) => dd.output = fd,
            Err(errno) => return Act::Exit(cx.fail("can't open", path, errno)),
        }
        dd.target = path.to_string();
    }
    Act::Run(Box::new(dd))
}
