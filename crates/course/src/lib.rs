//! What a learner does: lessons, goals, quizzes.
