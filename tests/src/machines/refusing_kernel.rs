//! A kernel that refuses some calls, as unusual file systems do: a library that stands before the C library's.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::world::standard;

/// Calls as programs make them through the C library, each refused with a number that a variable gives.
const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static int refused(const char *call) {
    const char *at = getenv("REFUSED_CALLS");
    size_t length = strlen(call);
    while (at && *at) {
        if (!strncmp(at, call, length) && at[length] == '=') {
            errno = atoi(at + length + 1);
            return 1;
        }
        at = strchr(at, ',');
        if (at) at++;
    }
    return 0;
}
#define PASS(name, type, ...) ((int (*) type)dlsym(RTLD_NEXT, name))(__VA_ARGS__)
#define CALL(name, type, declared, ...) \
    int name declared { return refused(#name) ? -1 : PASS(#name, type, __VA_ARGS__); }

CALL(link, (const char *, const char *), (const char *a, const char *b), a, b)
CALL(linkat, (int, const char *, int, const char *, int),
     (int a, const char *b, int c, const char *d, int e), a, b, c, d, e)
CALL(symlink, (const char *, const char *), (const char *a, const char *b), a, b)
CALL(symlinkat, (const char *, int, const char *), (const char *a, int b, const char *c), a, b, c)
CALL(fsync, (int), (int a), a)
CALL(fdatasync, (int), (int a), a)
CALL(flock, (int, int), (int a, int b), a, b)
CALL(unshare, (int), (int a), a)

/* "modes": a file system on which every file has the modes of its mount. */
int fchmod(int file, mode_t mode) {
    if (refused("modes")) return 0;
    return refused("fchmod") ? -1 : PASS("fchmod", (int, mode_t), file, mode);
}
int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    return real(path, flags, refused("modes") ? 0777 : mode);
}
"#;

/// The library, made once per process; `None`, said aloud, where there is no C compiler.
fn library() -> Option<&'static PathBuf> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = LIBRARY.get_or_init(|| {
        let place = standard().path().join("refusing.so");
        let source = place.with_extension("c");
        fs_err::write(&source, SOURCE).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-o"]).arg(&place).arg(&source).arg("-ldl");
        let compiled = compiler.stdin(Stdio::null()).output().ok()?;
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        Some(place)
    });
    made.as_ref()
}

/// Has the kernel refuse `calls`, each with the number of its error, to `command`; `false` where this machine cannot.
#[must_use]
pub fn refuse(command: &mut Command, calls: &[(&str, i32)]) -> bool {
    let Some(library) = library() else { return false };
    let calls: Vec<String> = calls.iter().map(|(call, number)| format!("{call}={number}")).collect();
    command.env("LD_PRELOAD", library).env("REFUSED_CALLS", calls.join(","));
    true
}
