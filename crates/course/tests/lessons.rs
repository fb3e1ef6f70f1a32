//! Every lesson keeps its promises: its manifests are accepted, its goals are unmet at the start and met by its
//! solution.

use course::COURSE;

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
