//! Orders chosen packs so that each comes after its dependencies.

use std::collections::BTreeMap;

use attune_schemas::{PackRef, Version};

use super::Resolution;
use super::error::ResolveError;

/// Where a pack stands in the walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    InProgress,
    Done,
}

/// Orders `chosen`, depth first and by name, so that equal choices give equal orders.
pub(super) fn dependencies_first(
    chosen: &BTreeMap<PackRef, Version>,
    dependencies_of: impl Fn(&PackRef, &Version) -> Vec<PackRef>,
) -> Result<Resolution, ResolveError> {
    let mut marks: BTreeMap<PackRef, Mark> = BTreeMap::new();
    let mut order = Vec::with_capacity(chosen.len());
    for start in chosen.keys() {
        // Packs on the way down, each with the dependencies that are still to be visited.
        let mut path: Vec<(PackRef, Vec<PackRef>)> = Vec::new();
        let mut next = Some(start.clone());
        loop {
            if let Some(pack) = next.take() {
                match marks.get(&pack) {
                    Some(Mark::Done) => {}
                    Some(Mark::InProgress) => return Err(cycle(&path, &pack)),
                    None => {
                        marks.insert(pack.clone(), Mark::InProgress);
                        let mut dependencies = dependencies_of(&pack, &chosen[&pack]);
                        dependencies.sort_by(|a, b| b.cmp(a));
                        path.push((pack, dependencies));
                    }
                }
            }
            let Some((pack, dependencies)) = path.last_mut() else { break };
            next = dependencies.pop();
            if next.is_none() {
                marks.insert(pack.clone(), Mark::Done);
                order.push((pack.clone(), chosen[pack].clone()));
                path.pop();
            }
        }
    }
    Ok(order)
}

fn cycle(path: &[(PackRef, Vec<PackRef>)], again: &PackRef) -> ResolveError {
    let names = path.iter().map(|(pack, _)| pack);
    ResolveError::Cycle { packs: names.skip_while(|pack| *pack != again).cloned().collect() }
}
