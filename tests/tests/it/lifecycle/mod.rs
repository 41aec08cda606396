//! What comes after the first install: upgrades, interruptions, crashes, garbage.

mod crashes;
mod garbage;
mod interrupt;
mod recovery;
mod reinstall;
mod upgrades;
mod verified;
