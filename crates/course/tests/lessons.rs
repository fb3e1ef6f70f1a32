//! Every lesson keeps its promises: its manifests are accepted, its goals are unmet at the start and met by its
//! solution.

use course::{COURSE, CourseAction, Lesson, Progress, Step};
use k8s_sim::{
    Answer, ApiRequest, ContainerName, DeleteOptions, ExecRequest, Fault, Input, PatchType, Setup, Timeline,
};

#[test]
fn every_manifest_is_accepted() {
    for lesson in COURSE.lessons {
        for manifest in lesson.manifests {
            let (documents, diagnostics) = k8s_api::manifest::parse(manifest.text);
            let name = format!("{}/{}", lesson.id, manifest.file);
            assert!(!documents.is_empty(), "{name} holds no object");
            let errors: Vec<_> =
                diagnostics.iter().filter(|it| it.severity == k8s_api::manifest::Severity::Error).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
}

#[test]
fn every_lesson_begins_with_its_start_manifest_and_has_something_to_do() {
    for lesson in COURSE.lessons {
        assert_eq!(lesson.manifest("start.yaml").map(|it| it.text), Some(lesson.start), "{}", lesson.id);
        assert!(!lesson.tasks.is_empty() && !lesson.quiz.is_empty(), "{}", lesson.id);
    }
}

/// A learner at work: a cluster, and what was met in it.
struct Learner {
    timeline: Timeline,
    progress: Progress,
}

impl Learner {
    fn new(lesson: &Lesson) -> Self {
        let progress = Progress { lesson: lesson.id.into(), ..Progress::default() };
        Learner { timeline: Timeline::new(Setup::default()), progress }
    }

    fn look(&mut self) {
        self.progress.observe(&COURSE, self.timeline.cluster());
    }

    /// Does the steps, and looks at the cluster each simulated second.
    fn solve(&mut self, lesson: &Lesson, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Wait { seconds } => {
                    for _ in 0..*seconds {
                        let now = self.timeline.now();
                        self.timeline.advance_to(now.after_ms(1000));
                        self.look();
                    }
                }
                Step::Apply { manifest } => self.apply(lesson.manifests[*manifest].text),
                Step::Expect(goal) => {
                    let verdict = goal.evaluate(self.timeline.cluster());
                    let stands = pods(&self.timeline);
                    assert!(verdict.met, "{}: expected {goal:?}. {}\n{stands}", lesson.id, verdict.progress);
                }
                Step::Crash { pod, container, exit_code } => {
                    self.submit(Input::Fault(Fault::CrashContainer {
                        container: container_name(pod, container),
                        exit_code: i32::from(*exit_code),
                    }));
                }
                Step::Exec { pod, container, command } => self.submit(Input::Exec(ExecRequest {
                    container: container_name(pod, container),
                    command: command.iter().map(|word| (*word).to_string()).collect(),
                    stdin: false,
                    tty: false,
                })),
                Step::Delete { pod } => self.submit(Input::Api(ApiRequest::Delete {
                    kind: "Pod".into(),
                    namespace: NAMESPACE.into(),
                    name: (*pod).into(),
                    options: DeleteOptions::default(),
                })),
            }
            self.look();
        }
    }

    /// As `kubectl apply` does, as far as a lesson needs it: creates, or merges what the manifest says.
    fn apply(&mut self, text: &str) {
        let (documents, _) = k8s_api::manifest::parse(text);
        for document in documents {
            let name = document.name().1.to_string();
            let kind = document.object["kind"].as_str().unwrap_or_default().to_string();
            let exists = self.timeline.cluster().object(&kind, NAMESPACE, &name).is_some();
            let namespace = NAMESPACE.to_string();
            self.submit(Input::Api(if exists {
                let patch_type = PatchType::Strategic;
                let (subresource, patch) = (String::new(), document.object);
                ApiRequest::Patch { kind, namespace, name, subresource, patch_type, patch, dry_run: false }
            } else {
                ApiRequest::Create { namespace, object: document.object, dry_run: false }
            }));
        }
    }

    fn submit(&mut self, input: Input) {
        let answer = self.timeline.submit(input.clone());
        assert!(!matches!(answer, Answer::Refused(_) | Answer::Api(Err(_))), "{input:?}: {answer:?}");
    }
}

const NAMESPACE: &str = "default";

fn container_name(pod: &str, container: &str) -> ContainerName {
    ContainerName { namespace: NAMESPACE.into(), pod: pod.into(), container: container.into() }
}

/// What the Pods look like, for the message of a test that fails.
fn pods(timeline: &Timeline) -> String {
    let pods = timeline.cluster().pods();
    pods.map(|pod| format!("{}: {}\n", pod.metadata.name, pod.to_value()["status"])).collect()
}

#[test]
fn every_task_is_open_until_its_solution_is_walked() {
    for lesson in COURSE.lessons {
        let mut learner = Learner::new(lesson);
        learner.look();
        for task in lesson.tasks {
            let done = |learner: &Learner| learner.progress.of(lesson.id).done.contains(task.id);
            let place = format!("{}, task {}", lesson.id, task.id);
            assert!(!done(&learner), "{place}: met before anything was done for it");
            learner.solve(lesson, task.solution);
            let missing = task.goal.evaluate(learner.timeline.cluster()).progress;
            let stands = pods(&learner.timeline);
            assert!(done(&learner), "{place}: its solution does not lead there. {missing}\n{stands}");
        }
    }
}

#[test]
fn every_question_that_asks_to_do_something_can_be_done() {
    for lesson in COURSE.lessons {
        for question in lesson.quiz {
            let Some((goal, steps)) = question.goal() else { continue };
            let mut learner = Learner::new(lesson);
            if let Some(option) = question.options().iter().position(|option| option.right) {
                let choose = CourseAction::Choose { question: question.id.into(), option };
                learner.progress.apply(&COURSE, &choose);
            }
            learner.look();
            let met = |learner: &Learner| learner.progress.of(lesson.id).answer(question.id).met;
            let place = format!("{}, question {}", lesson.id, question.id);
            assert!(!met(&learner), "{place}: met before anything was done for it");
            learner.solve(lesson, steps);
            let missing = goal.evaluate(learner.timeline.cluster()).progress;
            let stands = pods(&learner.timeline);
            assert!(met(&learner), "{place}: its solution does not lead there. {missing}\n{stands}");
        }
    }
}
