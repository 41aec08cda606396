//! What comes after the first install: upgrades, interruptions, crashes, garbage.

mod crashes;
mod declared_sets;
mod diagnosed;
mod faults;
mod full_disk;
mod garbage;
mod going_back;
mod held_packs;
mod interrupt;
mod kept_generations;
mod kept_newer;
mod kills;
mod leftovers;
mod live_processes;
mod looks;
mod past_operations;
mod read_only;
mod recovery;
mod reinstall;
mod status;
mod tested_again;
mod uninstalled;
mod upgraded;
mod upgrades;
mod verified;
mod waiting;
