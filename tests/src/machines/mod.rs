//! The surroundings of a program: terminals, servers, small disks, other users, kernels that refuse.

pub mod api_server;
pub mod browser;
pub mod git_server;
pub mod ordinary_user;
pub mod private_server;
pub mod refusing_kernel;
pub mod servers;
pub mod small_disk;
pub mod terminal;
pub mod yaml_server;
