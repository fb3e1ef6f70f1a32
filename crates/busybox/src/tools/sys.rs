//! What the machine is called and looks like: hostname, uname.

use super::Opts;
use crate::caps::Cap;
use crate::ctx::{Act, Ctx};

pub(crate) fn hostname(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "isfdF:", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let new = match (opts.value('F'), opts.rest.first()) {
        (Some(path), _) => match cx.read_all(path) {
            // The first line that is no remark.
            Ok(bytes) => String::from_utf8_lossy(&bytes)
                .lines()
                .map(str::trim)
                .find(|line| !line.is_empty() && !line.starts_with('#'))
                .map(str::to_string),
            Err(errno) => return Act::Exit(cx.fail("can't open", path, errno)),
        },
        (None, name) => name.cloned(),
    };
    if opts.has('F') || new.is_some() {
        let new = new.unwrap_or_default();
        let problem = if !cx.os.capable(cx.pid, Cap::SYS_ADMIN) {
            "sethostname: Operation not permitted"
        } else if new.len() > 64 {
            "sethostname: Invalid argument"
        } else {
            let net = cx.net();
            cx.os.set_hostname(net, &new);
            return Act::Exit(0);
        };
        cx.complain(problem);
        return Act::Exit(1);
    }
    let name = cx.os.hostname(cx.net()).to_string();
    let line = if opts.has('i') {
        match cx.lookup(&name) {
            Ok(ip) => ip.to_string(),
            Err(_) => {
                cx.complain(&[name.as_str(), ": Unknown host"].concat());
                return Act::Exit(1);
            }
        }
    } else if opts.has('d') {
        name.split_once('.').map(|(_, d)| d.to_string()).unwrap_or_default()
    } else if opts.has('s') {
        name.split('.').next().unwrap_or_default().to_string()
    } else {
        name
    };
    cx.out(&[&line, "\n"].concat());
    Act::Exit(0)
}

pub(crate) fn uname(cx: &mut Ctx<'_>) -> Act {
    let opts = match Opts::parse(cx, "asnrvmpio", &[]) {
        Ok(opts) => opts,
        Err(act) => return act,
    };
    let host = cx.os.hostname(cx.net()).to_string();
    let all = opts.has('a');
    let none = !"asnrvmpio".chars().any(|c| opts.has(c));
    let fields = [
        ('s', "Linux", none),
        ('n', host.as_str(), false),
        ('r', "6.1.0", false),
        ('v', "#1 SMP PREEMPT_DYNAMIC", false),
        ('m', "x86_64", false),
        ('o', "GNU/Linux", false),
    ];
    let words: Vec<&str> =
        fields.iter().filter(|(c, _, default)| all || *default || opts.has(*c)).map(|(_, w, _)| *w).collect();
    cx.out(&[&words.join(" "), "\n"].concat());
    Act::Exit(0)
}

pub(crate) fn arch(cx: &mut Ctx<'_>) -> Act {
    cx.out("x86_64\n");
    Act::Exit(0)
}
