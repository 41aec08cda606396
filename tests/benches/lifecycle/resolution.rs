//! A choice among 1,000 packs with 20 versions each, of which the newest conflict.

use std::collections::BTreeMap;
use std::time::Instant;

use attune_registry::resolve::{Candidate, CandidateError, Candidates, resolve};
use attune_schemas::{PackRef, PackRequest};

use super::median;

const PACKS: usize = 1_000;
const VERSIONS: u64 = 20;

struct Releases(BTreeMap<PackRef, Vec<Candidate>>);

impl Candidates for Releases {
    fn releases(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError> {
        Ok(self.0.get(pack).cloned().unwrap_or_default())
    }
}

fn name(number: usize) -> PackRef {
    format!("pack_{number:04}").parse().unwrap()
}

/// Each pack needs three later ones; of every tenth the newest releases need versions that no others can take.
fn releases() -> Releases {
    let of = |number: usize| {
        let versions = (0..VERSIONS).map(move |minor| {
            let dependencies = [1, 7, 31].into_iter().filter(|step| number + step < PACKS).map(|step| {
                let needed = number + step;
                let is_picky = number.is_multiple_of(10) && minor > VERSIONS / 2;
                let requirement =
                    if is_picky && step == 7 { "<1.5".to_owned() } else { format!(">=1.{}", minor / 2) };
                (name(needed), requirement.parse().unwrap())
            });
            Candidate {
                version: format!("1.{minor}.0").parse().unwrap(),
                dependencies: dependencies.collect(),
                preferred: false,
                yanked: false,
            }
        });
        versions.collect::<Vec<_>>()
    };
    Releases((0..PACKS).map(|number| (name(number), of(number))).collect())
}

/// Measures choices that succeed and one that cannot, and prints them.
pub(crate) fn report(repeat: usize) {
    let releases = releases();
    let requests =
        |texts: &[&str]| -> Vec<PackRequest> { texts.iter().map(|text| text.parse().unwrap()).collect() };
    let everything = requests(&["pack_0000"]);
    let impossible = requests(&["pack_0000@=1.19.0", "pack_0007@=1.19.0"]);
    println!("| choice among {PACKS} packs with {VERSIONS} versions | time | outcome |\n|---|---:|---|");
    for (what, requests) in [("all that one needs", everything), ("what conflicts", impossible)] {
        let (mut times, mut outcome) = (Vec::new(), String::new());
        for _ in 0..repeat {
            let begun = Instant::now();
            let resolved = resolve(&requests, &releases);
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            outcome = match resolved {
                Ok(chosen) => format!("{} packs", chosen.len()),
                Err(error) => error.to_string().lines().nth(1).unwrap_or_default().to_owned(),
            };
        }
        println!("| {what} | {:.1} ms | {outcome} |", median(times));
    }
}
