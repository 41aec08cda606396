//! What comes after the first install: upgrades, interruptions, crashes, garbage.

mod crashes;
mod faults;
mod full_disk;
mod garbage;
mod interrupt;
mod kills;
mod leftovers;
mod recovery;
mod reinstall;
mod upgrades;
mod verified;
