//! A program on a terminal of its own, and what is on its screen.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The lines of the screen.
const ROWS: u16 = 50;
/// So long a program may be silent before the test gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that runs on a terminal.
#[derive(Debug)]
pub struct Terminal {
    columns: u16,
    keyboard: File,
    child: Child,
    told: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

/// A program that has ended, and its terminal.
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// All that it wrote, with its escape codes.
    pub bytes: Vec<u8>,
    screen: vt100::Parser,
}

impl Terminal {
    /// Runs `command` with a terminal of `columns` as its input and outputs, which is also the one that its signals
    /// come from.
    pub fn run(command: &Command, columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let open = || -> Stdio {
            rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
                .unwrap()
                .into()
        };
        // Whoever runs the tests may ignore signals, which programs inherit: a background job of a script does.
        let mut on_terminal = Command::new("env");
        on_terminal
            .args(["--default-signal", "setsid", "--ctty"])
            .arg(command.get_program())
            .args(command.get_args());
        if let Some(directory) = command.get_current_dir() {
            on_terminal.current_dir(directory);
        }
        on_terminal.env("TERM", "xterm-256color").env_remove("COLUMNS");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => on_terminal.env(name, value),
                None => on_terminal.env_remove(name),
            };
        }
        let child = on_terminal.stdin(open()).stdout(open()).stderr(open()).spawn().unwrap();
        drop(on_terminal);
        let told = Arc::new(Mutex::new(Vec::new()));
        let reader = read_all(master.try_clone().unwrap(), Arc::clone(&told));
        Self { columns, keyboard: File::from(master), child, told, reader }
    }

    /// Types `text`; `\u{3}` is Ctrl-C.
    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Waits until the program has written `text`.
    #[track_caller]
    pub fn waits_for(&self, text: &str) {
        let began = Instant::now();
        while !String::from_utf8_lossy(&self.told.lock().unwrap()).contains(text) {
            assert!(began.elapsed() < PATIENCE, "`{text}` never came: {}", self.so_far());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.told.lock().unwrap()).into_owned()
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub fn ends(mut self) -> Ended {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > PATIENCE {
                self.child.kill().unwrap();
                panic!("the program did not end: {}", self.so_far());
            }
            thread::sleep(Duration::from_millis(5));
        };
        self.reader.join().unwrap();
        let bytes = self.told.lock().unwrap().clone();
        let mut screen = vt100::Parser::new(ROWS, self.columns, 1000);
        screen.process(&bytes);
        Ended { status, bytes, screen }
    }
}

/// Reads until nobody has the terminal open any more.
fn read_all(master: OwnedFd, told: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut master = File::from(master);
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = master.read(&mut buffer) {
            told.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
    })
}

impl Ended {
    /// What is on the screen.
    pub fn screen(&self) -> String {
        self.screen.screen().contents()
    }

    /// Whether the cursor is shown.
    pub fn shows_cursor(&self) -> bool {
        !self.screen.screen().hide_cursor()
    }

    /// The sequences that begin with an escape and set colours.
    pub fn colors(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        let sequences = text.split("\u{1b}[").skip(1).filter_map(|rest| rest.split_once('m'));
        let is_numbers = |codes: &str| codes.chars().all(|code| code.is_ascii_digit() || code == ';');
        sequences.map(|(codes, _)| codes.to_owned()).filter(|codes| is_numbers(codes)).collect()
    }
}
