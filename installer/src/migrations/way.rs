//! The migrations between two versions of a pack. Pure: it looks at versions alone.
//!
//! The way up from a version: of the migrations that take the data of this version and lead on, to no later version than
//! the new one, the one that leads to the lowest version comes next, of several the first in the list; then the same from
//! there, until none is left. The way down is the way up in reverse, by the list of the newer version.

use attune_host::process::MigrationDirection;
use attune_schemas::Version;
use attune_schemas::pack::Migration;

/// A step of the way from one version to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step<'a> {
    pub(super) migration: &'a Migration,
    pub(super) direction: MigrationDirection,
    /// The version whose form the data has before it.
    pub(super) from: Version,
    /// The version whose form the data has after it.
    pub(super) to: Version,
}

/// The steps from `from` to `to` by `migrations`, those of the newer of both.
pub(super) fn way<'a>(migrations: &'a [Migration], from: &Version, to: &Version) -> Vec<Step<'a>> {
    if from <= to {
        return way_up(migrations, from, to);
    }
    let mut steps = way_up(migrations, to, from);
    steps.reverse();
    for step in &mut steps {
        step.direction = MigrationDirection::Down;
        std::mem::swap(&mut step.from, &mut step.to);
    }
    steps
}

fn way_up<'a>(migrations: &'a [Migration], from: &Version, to: &Version) -> Vec<Step<'a>> {
    // Once is enough: a migration that is passed over leads no further than the one that is taken next.
    let mut sorted: Vec<&Migration> = migrations.iter().filter(|migration| migration.to <= *to).collect();
    sorted.sort_by_key(|migration| &migration.to);
    let mut steps: Vec<Step<'a>> = Vec::new();
    for migration in sorted {
        let at = steps.last().map_or(from, |step| &step.to);
        if migration.to > *at && migration.from.admits(at) {
            let (from, to) = (at.clone(), migration.to.clone());
            steps.push(Step { migration, direction: MigrationDirection::Up, from, to });
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration((from, to): (&str, &str)) -> Migration {
        Migration {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            script: format!("to_{to}.sh").parse().unwrap(),
            down: None,
            timeout_seconds: 1,
            network: false,
        }
    }

    /// The steps from one version to another, as `1.0.0 -> 1.1.0`.
    fn steps(list: &[(&str, &str)], from: &str, to: &str) -> Vec<String> {
        let migrations: Vec<Migration> = list.iter().copied().map(migration).collect();
        let way = way(&migrations, &from.parse().unwrap(), &to.parse().unwrap());
        way.iter().map(|step| format!("{} -> {}", step.from, step.to)).collect()
    }

    const CHAIN: [(&str, &str); 3] = [("^1.1", "2.0.0"), ("~1.0", "1.1.0"), ("^2", "3.0.0")];

    #[test]
    fn a_chain_is_followed_whatever_its_order_in_the_list() {
        assert_eq!(steps(&CHAIN, "1.0.0", "2.0.0"), ["1.0.0 -> 1.1.0", "1.1.0 -> 2.0.0"]);
        assert_eq!(steps(&CHAIN, "1.0.7", "1.9.0"), ["1.0.7 -> 1.1.0"]);
        assert_eq!(steps(&CHAIN, "1.4.0", "2.5.0"), ["1.4.0 -> 2.0.0"]);
        assert_eq!(steps(&CHAIN, "1.0.0", "3.1.0").len(), 3);
    }

    #[test]
    fn a_way_down_is_the_way_up_in_reverse() {
        assert_eq!(steps(&CHAIN, "2.0.0", "1.0.0"), ["2.0.0 -> 1.1.0", "1.1.0 -> 1.0.0"]);
        assert_eq!(steps(&CHAIN, "2.0.0", "1.4.0"), ["2.0.0 -> 1.4.0"]);
        assert_eq!(steps(&CHAIN, "1.9.0", "1.2.0"), [""; 0]);
    }

    #[test]
    fn nothing_leads_beyond_the_new_version_or_back_or_from_another() {
        assert_eq!(steps(&CHAIN, "2.0.0", "2.9.0"), [""; 0]);
        assert_eq!(steps(&CHAIN, "0.9.0", "2.0.0"), [""; 0]);
        assert_eq!(steps(&CHAIN, "2.0.0", "2.0.0"), [""; 0]);
        assert_eq!(steps(&[("*", "1.0.0")], "1.0.0", "2.0.0"), [""; 0]);
        assert_eq!(steps(&[], "1.0.0", "2.0.0"), [""; 0]);
    }

    #[test]
    fn small_steps_come_before_large_ones_and_of_two_the_first() {
        let list = [("*", "2.0.0"), ("*", "1.1.0"), ("<1.1.0", "1.1.0")];
        assert_eq!(steps(&list, "1.0.0", "2.0.0"), ["1.0.0 -> 1.1.0", "1.1.0 -> 2.0.0"]);
        let migrations: Vec<Migration> = list.iter().copied().map(migration).collect();
        let way = way(&migrations, &Version::new(1, 0, 0), &Version::new(1, 1, 0));
        assert_eq!(way[0].migration.from.to_string(), "*");
    }

    #[test]
    fn prereleases_are_versions_like_others() {
        let list = [("<2.0.0", "2.0.0")];
        assert_eq!(steps(&list, "1.5.0-rc.1", "2.0.0"), ["1.5.0-rc.1 -> 2.0.0"]);
        // Before the version that it names, the data still has the old form.
        assert_eq!(steps(&list, "1.5.0", "2.0.0-rc.1"), [""; 0]);
        assert_eq!(steps(&list, "2.0.0-rc.1", "2.0.0"), ["2.0.0-rc.1 -> 2.0.0"]);
    }
}
