//! Tasks that may run side by side.

use super::Reporter;

/// A task that is about to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTask<'a> {
    /// What is done, as people say it: `vendoring weather`.
    pub name: &'a str,
    /// Its length, if it is known.
    pub total_bytes: Option<u64>,
    /// Which of several it is.
    pub place: Option<Place>,
}

/// The place of a task among its equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 1 on.
    pub position: usize,
    /// How many there are.
    pub of: usize,
}

impl<'a> NewTask<'a> {
    /// A task of unknown length.
    pub const fn new(name: &'a str) -> Self {
        Self { name, total_bytes: None, place: None }
    }

    /// The same, of `bytes`.
    #[must_use]
    pub const fn of_bytes(self, bytes: u64) -> Self {
        Self { total_bytes: Some(bytes), ..self }
    }

    /// The same, as the one at `index`, from 0 on, of several; one alone has no place worth telling.
    #[must_use]
    pub fn at(self, index: usize, of: usize) -> Self {
        Self { place: (of > 1).then_some(Place { position: index + 1, of }), ..self }
    }
}

/// A task under way; it is over once this is dropped, also where it failed.
pub trait Task: Send + Sync {
    /// The task has dealt with `bytes` more bytes.
    fn advanced(&self, bytes: u64);
}

/// The task as the current one of `reporter`.
pub(super) fn current<'a, R: Reporter + ?Sized>(reporter: &'a R, task: NewTask<'_>) -> Box<dyn Task + 'a> {
    reporter.started(task.name, task.total_bytes);
    Box::new(Current(reporter))
}

struct Current<'a, R: Reporter + ?Sized>(&'a R);

impl<R: Reporter + ?Sized> Task for Current<'_, R> {
    fn advanced(&self, bytes: u64) {
        self.0.advanced(bytes);
    }
}

impl<R: Reporter + ?Sized> Drop for Current<'_, R> {
    fn drop(&mut self) {
        self.0.finished();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use attune_schemas::problem::WarningCode;

    use super::*;

    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl Reporter for Told {
        fn started(&self, task: &str, total_bytes: Option<u64>) {
            self.0.lock().unwrap().push(format!("started {task} {total_bytes:?}"));
        }

        fn advanced(&self, bytes: u64) {
            self.0.lock().unwrap().push(format!("advanced {bytes}"));
        }

        fn finished(&self) {
            self.0.lock().unwrap().push("finished".to_owned());
        }

        fn warning(&self, _code: WarningCode, _message: &str) {}
    }

    #[test]
    fn a_reporter_that_knows_no_handles_is_told_of_the_task_as_the_current_one() {
        let told = Told::default();
        let reporter: &dyn Reporter = &told;
        reporter.task(NewTask::new("reading").of_bytes(5).at(0, 2)).advanced(5);
        assert_eq!(*told.0.lock().unwrap(), ["started reading Some(5)", "advanced 5", "finished"]);
    }

    #[test]
    fn one_alone_has_no_place() {
        assert_eq!(NewTask::new("x").at(0, 1).place, None);
        assert_eq!(NewTask::new("x").at(2, 8).place, Some(Place { position: 3, of: 8 }));
    }
}
