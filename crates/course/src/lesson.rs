//! The shape of the course: chapters, lessons, tasks. Everything is `'static`: the table is made at build time.

use crate::{Goal, Question};

/// The course: all that `lessons/` holds.
#[derive(Debug)]
pub struct Course {
    /// The course's title.
    pub title: &'static str,
    /// Chapters in the order of their folders.
    pub chapters: &'static [Chapter],
    /// Lessons in the order of their folders.
    pub lessons: &'static [Lesson],
    /// Terms in alphabetical order.
    pub glossary: &'static [Term],
}

impl Course {
    /// The lesson with this id (its folder under `lessons/`), with its index.
    pub fn lesson(&self, id: &str) -> Option<(usize, &'static Lesson)> {
        self.lessons.iter().enumerate().find(|(_, lesson)| lesson.id == id)
    }
}

/// A chapter: a folder of lessons.
#[derive(Debug)]
pub struct Chapter {
    /// The folder's name, such as `01-pods`.
    pub slug: &'static str,
    /// Its title from `course.yaml`.
    pub title: &'static str,
}

/// One lesson: text, tasks, questions and the manifests they use.
#[derive(Debug)]
pub struct Lesson {
    /// The folder under `lessons/`, such as `01-pods/01-what-is-a-pod`; progress is kept under it.
    pub id: &'static str,
    /// Index into [`Course::chapters`].
    pub chapter: usize,
    /// The title: the first heading of `lesson.md`.
    pub title: &'static str,
    /// How long reading and doing take, in minutes.
    pub minutes: u32,
    /// The text of `start.yaml`, which the editor shows when the lesson opens.
    pub start: &'static str,
    /// The lesson's text in reading order.
    pub body: &'static [Block],
    /// Tasks in the order in which the text meets them.
    pub tasks: &'static [Task],
    /// The knowledge check.
    pub quiz: &'static [Question],
    /// Every manifest that the lesson can load into the editor.
    pub manifests: &'static [Manifest],
}

impl Lesson {
    /// The manifest in the file of this name.
    pub fn manifest(&self, file: &str) -> Option<&'static Manifest> {
        self.manifests.iter().find(|manifest| manifest.file == file)
    }
}

/// A piece of a lesson's text.
#[derive(Debug)]
pub enum Block {
    /// Prose, rendered from Markdown at build time; it holds no script, no style and no raw HTML of an author.
    Html(&'static str),
    /// A button that loads a manifest into the editor.
    Try {
        /// What the button says.
        label: &'static str,
        /// Index into [`Lesson::manifests`].
        manifest: usize,
    },
    /// The place of a task: index into [`Lesson::tasks`].
    Task(usize),
    /// A button that leads to the knowledge check.
    Quiz {
        /// What the button says.
        label: &'static str,
    },
}

/// A manifest that belongs to a lesson.
#[derive(Debug)]
pub struct Manifest {
    /// Its file name in the lesson's folder.
    pub file: &'static str,
    /// Its text, as written.
    pub text: &'static str,
}

/// Something to do, judged by the simulator.
#[derive(Debug)]
pub struct Task {
    /// Its name within the lesson; progress is kept under it.
    pub id: &'static str,
    /// A short command: what to bring about.
    pub title: &'static str,
    /// How, as HTML rendered from Markdown.
    pub text: &'static str,
    /// Help on request, as HTML rendered from Markdown.
    pub hint: &'static str,
    /// When it counts as done.
    pub goal: Goal,
    /// One way to do it, step by step; the tests prove that it leads to the goal.
    pub solution: &'static [Step],
}

/// One step of a solution. Each but the last kind is something that a person can do on the page.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Apply a manifest: index into [`Lesson::manifests`].
    Apply {
        /// Index into [`Lesson::manifests`].
        manifest: usize,
    },
    /// Let a container's main process exit.
    Crash {
        /// The Pod's name in namespace `default`.
        pod: &'static str,
        /// The container's name.
        container: &'static str,
        /// The exit code, 0 to 255.
        exit_code: u8,
    },
    /// Run a program in a container, as `kubectl exec` does.
    Exec {
        /// The Pod's name in namespace `default`.
        pod: &'static str,
        /// The container's name.
        container: &'static str,
        /// The program and its arguments; no shell reads them.
        command: &'static [&'static str],
    },
    /// Delete a Pod with its own grace period.
    Delete {
        /// The Pod's name in namespace `default`.
        pod: &'static str,
    },
    /// Let simulated time pass.
    Wait {
        /// For how long.
        seconds: u32,
    },
    /// What the lesson says must be so at this moment: for the tests, nothing to do.
    Expect(Goal),
}

impl Step {
    /// The command that does the same on a real cluster; none for a crash and for waiting.
    pub fn kubectl(&self, lesson: &Lesson) -> Option<String> {
        match self {
            Step::Apply { manifest } => {
                Some(format!("kubectl apply -f {}", lesson.manifests[*manifest].file))
            }
            Step::Exec { pod, container, command } => {
                let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
                Some(format!("kubectl exec {pod} -c {container} -- {}", words.join(" ")))
            }
            Step::Delete { pod } => Some(format!("kubectl delete pod {pod}")),
            Step::Crash { .. } | Step::Wait { .. } | Step::Expect(_) => None,
        }
    }
}

/// A word as a POSIX shell needs it written.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A word of the field, explained.
#[derive(Debug)]
pub struct Term {
    /// The term as Kubernetes spells it.
    pub term: &'static str,
    /// What it means, as HTML rendered from Markdown.
    pub meaning: &'static str,
}

#[cfg(test)]
mod tests {
    use super::{Lesson, Manifest, Step};

    #[test]
    fn steps_are_shown_as_commands_that_a_shell_reads_right() {
        const LESSON: Lesson = Lesson {
            id: "",
            chapter: 0,
            title: "",
            minutes: 0,
            start: "",
            body: &[],
            tasks: &[],
            quiz: &[],
            manifests: &[Manifest { file: "start.yaml", text: "" }],
        };
        let check = |step: Step, line: Option<&str>| assert_eq!(step.kubectl(&LESSON).as_deref(), line);
        check(Step::Apply { manifest: 0 }, Some("kubectl apply -f start.yaml"));
        check(Step::Delete { pod: "web" }, Some("kubectl delete pod web"));
        check(Step::Wait { seconds: 5 }, None);
        let exec = |command| Step::Exec { pod: "web", container: "app", command };
        check(
            exec(&["wget", "-qO-", "http://localhost:80/"]),
            Some("kubectl exec web -c app -- wget -qO- http://localhost:80/"),
        );
        check(
            exec(&["sh", "-c", "echo it's > /a"]),
            Some("kubectl exec web -c app -- sh -c 'echo it'\\''s > /a'"),
        );
        check(exec(&[""]), Some("kubectl exec web -c app -- ''"));
    }
}
