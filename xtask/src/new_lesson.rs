//! `cargo xtask new-lesson`: the files of a lesson that works, ready to be written anew.

use crate::run::{Outcome, root};
use std::fs;

/// The files of a lesson, with a small one that passes every check.
const FILES: [(&str, &str); 5] = [
    ("lesson.md", include_str!("../templates/lesson/lesson.md")),
    ("start.yaml", include_str!("../templates/lesson/start.yaml")),
    ("goal.yaml", include_str!("../templates/lesson/goal.yaml")),
    ("quiz.yaml", include_str!("../templates/lesson/quiz.yaml")),
    ("solution.yaml", include_str!("../templates/lesson/solution.yaml")),
];

/// `cargo xtask new-lesson CHAPTER NAME`.
pub(crate) fn new_lesson(arguments: &[String]) -> Outcome {
    let [chapter, name] = arguments else {
        return Err("say the chapter and the lesson's name: cargo xtask new-lesson NN-chapter name".into());
    };
    for word in [chapter, name] {
        if word.is_empty() || !word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            return Err(format!("{word}: names of folders are of small letters, digits and dashes"));
        }
    }
    if !chapter.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(format!("{chapter}: a chapter's folder begins with its number, such as 99-{chapter}"));
    }
    let folder = root().join("lessons").join(chapter);
    let is_new_chapter = !folder.is_dir();
    let lesson = folder.join(format!("{:02}-{name}", lessons_in(&folder) + 1));
    fs::create_dir_all(&lesson).map_err(|error| format!("{}: {error}", lesson.display()))?;
    for (file, text) in FILES {
        let path = lesson.join(file);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}", path.strip_prefix(root()).unwrap_or(&path).display());
    }
    if is_new_chapter {
        println!("Add the chapter to lessons/course.yaml: - {{ slug: {chapter}, title: ... }}");
    }
    println!("Write it, then run: cargo test -p course");
    Ok(())
}

/// How many lessons the chapter has.
fn lessons_in(chapter: &std::path::Path) -> usize {
    fs::read_dir(chapter).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()).count()
}
