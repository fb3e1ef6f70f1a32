//! The shapes of the YAML files, as their authors write them. Unknown keys are errors, with their line.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `course.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CourseYaml {
    pub(crate) format_version: u32,
    pub(crate) title: String,
    pub(crate) chapters: Vec<ChapterYaml>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChapterYaml {
    /// The folder's name.
    pub(crate) slug: String,
    pub(crate) title: String,
}

/// `glossary.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GlossaryYaml {
    pub(crate) terms: Vec<TermYaml>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TermYaml {
    pub(crate) term: String,
    pub(crate) meaning: String,
}

/// `goal.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoalsYaml {
    pub(crate) tasks: Vec<TaskYaml>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskYaml {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) hint: String,
    pub(crate) goal: GoalYaml,
}

/// A goal: every key that is given must hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoalYaml {
    pub(crate) all: Option<Vec<GoalYaml>>,
    pub(crate) any: Option<Vec<GoalYaml>>,
    pub(crate) pod: Option<PodYaml>,
    pub(crate) gone: Option<GoneYaml>,
    pub(crate) happened: Option<HappenedYaml>,
    pub(crate) file: Option<FileYaml>,
    pub(crate) log: Option<LogYaml>,
}

pub(crate) fn default_namespace() -> String {
    "default".into()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PodYaml {
    pub(crate) name: String,
    #[serde(default = "default_namespace")]
    pub(crate) namespace: String,
    #[serde(default)]
    pub(crate) phase: String,
    /// The READY column, such as `2/2`.
    pub(crate) ready: Option<String>,
    /// What a restart must not have changed: `uid`, `ip`.
    #[serde(default)]
    pub(crate) kept: Vec<String>,
    #[serde(default)]
    pub(crate) containers: BTreeMap<String, ContainerYaml>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContainerYaml {
    /// `waiting`, `running` or `terminated`.
    pub(crate) state: Option<String>,
    #[serde(default)]
    pub(crate) reason: String,
    pub(crate) exit_code: Option<i64>,
    /// Such as `1`, `">= 1"`, `"<= 2"`.
    pub(crate) restarts: Option<CountYaml>,
    pub(crate) ready: Option<bool>,
    #[serde(default)]
    pub(crate) image: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum CountYaml {
    Exactly(u32),
    Bounds(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoneYaml {
    pub(crate) kind: String,
    pub(crate) name: String,
    #[serde(default = "default_namespace")]
    pub(crate) namespace: String,
    #[serde(default)]
    pub(crate) for_seconds: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HappenedYaml {
    /// The Event's reason.
    pub(crate) event: String,
    /// The name of the object that it is about.
    pub(crate) object: String,
    #[serde(default = "default_namespace")]
    pub(crate) namespace: String,
    #[serde(default)]
    pub(crate) container: String,
    /// A part of the Event's message.
    #[serde(default)]
    pub(crate) message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileYaml {
    pub(crate) pod: String,
    #[serde(default = "default_namespace")]
    pub(crate) namespace: String,
    pub(crate) volume: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) mounted_in: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogYaml {
    pub(crate) pod: String,
    #[serde(default = "default_namespace")]
    pub(crate) namespace: String,
    pub(crate) container: String,
    pub(crate) contains: String,
}

/// `quiz.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuizYaml {
    pub(crate) questions: Vec<QuestionYaml>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionYaml {
    pub(crate) id: String,
    pub(crate) kind: QuestionKindYaml,
    pub(crate) prompt: String,
    #[serde(default)]
    pub(crate) options: Vec<ChoiceYaml>,
    #[serde(default)]
    pub(crate) answer: String,
    pub(crate) goal: Option<GoalYaml>,
    #[serde(default)]
    pub(crate) context: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum QuestionKindYaml {
    MultipleChoice,
    Open,
    Predict,
    HandsOn,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChoiceYaml {
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) right: bool,
    #[serde(default)]
    pub(crate) feedback: String,
}

/// `solution.yaml`: steps by the id of a task or question.
pub(crate) type SolutionYaml = BTreeMap<String, Vec<StepYaml>>;

/// One step: exactly one of the keys.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepYaml {
    /// A manifest of the lesson.
    pub(crate) apply: Option<String>,
    pub(crate) crash: Option<CrashYaml>,
    pub(crate) exec: Option<ExecYaml>,
    /// A Pod's name.
    pub(crate) delete: Option<String>,
    /// Simulated seconds.
    pub(crate) wait: Option<u32>,
    /// What the lesson claims about this moment.
    pub(crate) expect: Option<GoalYaml>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrashYaml {
    pub(crate) pod: String,
    pub(crate) container: String,
    #[serde(default)]
    pub(crate) exit_code: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExecYaml {
    pub(crate) pod: String,
    pub(crate) container: String,
    pub(crate) command: Vec<String>,
}
