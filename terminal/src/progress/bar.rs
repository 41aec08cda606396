//! A task as a line at the bottom of a terminal.

use std::fmt::Write;
use std::thread;
use std::time::Duration;

use attune_registry::report::NewTask;
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};

use crate::color::stderr_has_color;
use crate::screen;

/// How often a bar is redrawn.
const TICK: Duration = Duration::from_millis(100);
/// So long a task must run before its end can be foretold.
const FORETELLS_AFTER: Duration = Duration::from_secs(2);
/// The columns below which there is room for a name and a percentage alone.
const NARROW: usize = 78;

/// A line on the terminal, gone once this is dropped.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn start(task: NewTask<'_>) -> Self {
        let bar = match task.total_bytes {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        let template = template(task.total_bytes.is_some(), screen::error_width(), stderr_has_color());
        let style = ProgressStyle::with_template(template).expect("the templates are fixed and valid");
        let bar = screen::bars().add(bar.with_style(style.with_key("left", time_left)));
        bar.set_message(shown_name(task));
        keep_ticking(bar.clone());
        Self(bar)
    }

    pub(super) fn advanced(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
        screen::bars().remove(&self.0);
    }
}

fn shown_name(task: NewTask<'_>) -> String {
    match task.place {
        Some(place) => format!("[{} of {}] {}", place.position, place.of, task.name),
        None => task.name.to_owned(),
    }
}

/// The form of a line. Names are cut with `!`: what follows a dot is a colour.
const fn template(has_total: bool, width: usize, has_color: bool) -> &'static str {
    match (has_total, width < NARROW, has_color) {
        (true, false, true) => {
            "{msg:24!} {wide_bar:.cyan} {bytes:>10}/{total_bytes:10} {binary_bytes_per_sec:>12} {left:9}"
        }
        (true, false, false) => {
            "{msg:24!} {wide_bar} {bytes:>10}/{total_bytes:10} {binary_bytes_per_sec:>12} {left:9}"
        }
        (true, true, _) => "{wide_msg} {percent:>3}%",
        (false, _, true) => "{spinner:.cyan} {elapsed:>4} {wide_msg}",
        (false, _, false) => "{spinner} {elapsed:>4} {wide_msg}",
    }
}

fn time_left(state: &ProgressState, text: &mut dyn Write) {
    if state.elapsed() >= FORETELLS_AFTER && state.pos() > 0 {
        // A text in memory takes everything.
        let _ = write!(text, "{:#} left", HumanDuration(state.eta()));
    }
}

/// Redraws `bar` until it is finished; where the machine refuses a thread, only its advances do.
fn keep_ticking(bar: ProgressBar) {
    let tick = move || {
        while !bar.is_finished() {
            bar.tick();
            thread::sleep(TICK);
        }
    };
    let _ = thread::Builder::new().name("progress".to_owned()).spawn(tick);
}

#[cfg(test)]
mod tests {
    use attune_registry::report::Place;

    use super::*;

    #[test]
    fn the_templates_are_valid_and_have_no_colour_by_number() {
        for has_total in [false, true] {
            for width in [0, 10, 40, 80, 120] {
                for has_color in [false, true] {
                    let template = template(has_total, width, has_color);
                    assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
                    for style in template.split('.').skip(1) {
                        assert!(style.starts_with("cyan}"), "{template}");
                    }
                    assert!(has_color || !template.contains('.'), "{template}");
                }
            }
        }
    }

    #[test]
    fn the_place_comes_first_where_it_is_not_cut_off() {
        let place = Some(Place { position: 3, of: 8 });
        assert_eq!(shown_name(NewTask { place, ..NewTask::new("vendoring x") }), "[3 of 8] vendoring x");
        assert_eq!(shown_name(NewTask::new("vendoring x")), "vendoring x");
    }
}
