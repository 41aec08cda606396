//! Libraries of the operating system that packages are built with and run on, and the distributions'
//! packages that carry them.
//!
//! From the package databases of Debian 12 and Fedora 40; the names hold for their relatives too.

/// A library of the operating system.
#[derive(Debug, PartialEq, Eq)]
pub struct SystemLibrary {
    /// The name that people use.
    pub name: &'static str,
    /// Beginnings of its headers' paths, as C code includes them.
    headers: &'static [&'static str],
    /// Beginnings of its shared libraries' names, without `lib` and version.
    libraries: &'static [&'static str],
    /// Its configuration programs and pkg-config names.
    configs: &'static [&'static str],
    /// The packages needed to build with it: of Debian and of RPM distributions.
    pub development: DistributionPackages,
    /// The packages needed to run with it.
    pub runtime: DistributionPackages,
}

/// A package's names in the two families of distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DistributionPackages {
    /// In Debian, Ubuntu and their relatives.
    pub debian: &'static str,
    /// In Fedora, RHEL and their relatives.
    pub rpm: &'static str,
}

impl std::fmt::Display for DistributionPackages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Debian: {}, RPM: {}", self.debian, self.rpm)
    }
}

type Names = &'static [&'static str];

const fn library(
    name: &'static str,
    [headers, libraries, configs]: [Names; 3],
    development: [&'static str; 2],
    runtime: [&'static str; 2],
) -> SystemLibrary {
    SystemLibrary {
        name,
        headers,
        libraries,
        configs,
        development: DistributionPackages { debian: development[0], rpm: development[1] },
        runtime: DistributionPackages { debian: runtime[0], rpm: runtime[1] },
    }
}

#[rustfmt::skip]
const LIBRARIES: &[SystemLibrary] = &[
    library("Kerberos", [&["gssapi", "krb5", "com_err.h"], &["gssapi_krb5", "krb5", "k5crypto", "com_err"], &["krb5-config", "krb5-gssapi"]], ["libkrb5-dev", "krb5-devel"], ["libgssapi-krb5-2", "krb5-libs"]),
    library("OpenLDAP", [&["ldap.h", "lber.h"], &["ldap", "lber"], &["ldap"]], ["libldap2-dev", "openldap-devel"], ["libldap-2.5-0", "openldap"]),
    library("Cyrus SASL", [&["sasl/"], &["sasl2"], &["libsasl2"]], ["libsasl2-dev", "cyrus-sasl-devel"], ["libsasl2-2", "cyrus-sasl-lib"]),
    library("OpenSSL", [&["openssl/"], &["ssl", "crypto"], &["openssl", "libssl"]], ["libssl-dev", "openssl-devel"], ["libssl3", "openssl-libs"]),
    library("libffi", [&["ffi.h"], &["ffi"], &["libffi"]], ["libffi-dev", "libffi-devel"], ["libffi8", "libffi"]),
    library("libxml2", [&["libxml/"], &["xml2"], &["xml2-config", "libxml-2.0", "libxml2"]], ["libxml2-dev", "libxml2-devel"], ["libxml2", "libxml2"]),
    library("libxslt", [&["libxslt/"], &["xslt", "exslt"], &["xslt-config", "libxslt"]], ["libxslt1-dev", "libxslt-devel"], ["libxslt1.1", "libxslt"]),
    library("xmlsec", [&["xmlsec/"], &["xmlsec1"], &["xmlsec1", "xmlsec1-config"]], ["libxmlsec1-dev", "xmlsec1-devel"], ["libxmlsec1-openssl", "xmlsec1-openssl"]),
    library("PostgreSQL client", [&["libpq-fe.h", "pg_config.h", "postgres_ext.h"], &["pq"], &["pg_config", "libpq"]], ["libpq-dev", "libpq-devel"], ["libpq5", "libpq"]),
    library("MariaDB client", [&["mysql.h", "mysql/", "mariadb/"], &["mysqlclient", "mariadb"], &["mysql_config", "mariadb_config", "mysqlclient", "mariadb"]], ["libmariadb-dev", "mariadb-connector-c-devel"], ["libmariadb3", "mariadb-connector-c"]),
    library("unixODBC", [&["sql.h", "sqlext.h"], &["odbc"], &["odbc"]], ["unixodbc-dev", "unixODBC-devel"], ["libodbc2", "unixODBC"]),
    library("FreeTDS", [&["sybdb.h"], &["sybdb", "ct"], &[]], ["freetds-dev", "freetds-devel"], ["libsybdb5", "freetds-libs"]),
    library("SQLite", [&["sqlite3.h"], &["sqlite3"], &["sqlite3"]], ["libsqlite3-dev", "sqlite-devel"], ["libsqlite3-0", "sqlite-libs"]),
    library("zlib", [&["zlib.h"], &["z"], &["zlib"]], ["zlib1g-dev", "zlib-devel"], ["zlib1g", "zlib"]),
    library("bzip2", [&["bzlib.h"], &["bz2"], &["bzip2"]], ["libbz2-dev", "bzip2-devel"], ["libbz2-1.0", "bzip2-libs"]),
    library("liblzma", [&["lzma.h"], &["lzma"], &["liblzma"]], ["liblzma-dev", "xz-devel"], ["liblzma5", "xz-libs"]),
    library("libjpeg", [&["jpeglib.h"], &["jpeg"], &["libjpeg"]], ["libjpeg-dev", "libjpeg-turbo-devel"], ["libjpeg62-turbo", "libjpeg-turbo"]),
    library("FreeType", [&["ft2build.h"], &["freetype"], &["freetype2"]], ["libfreetype-dev", "freetype-devel"], ["libfreetype6", "freetype"]),
    library("libcurl", [&["curl/"], &["curl"], &["curl-config", "libcurl"]], ["libcurl4-openssl-dev", "libcurl-devel"], ["libcurl4", "libcurl"]),
    library("libssh", [&["libssh/"], &["ssh"], &["libssh"]], ["libssh-dev", "libssh-devel"], ["libssh-4", "libssh"]),
    library("libssh2", [&["libssh2.h"], &["ssh2"], &["libssh2"]], ["libssh2-1-dev", "libssh2-devel"], ["libssh2-1", "libssh2"]),
    library("Net-SNMP", [&["net-snmp/"], &["netsnmp"], &["net-snmp-config", "netsnmp"]], ["libsnmp-dev", "net-snmp-devel"], ["libsnmp40", "net-snmp-libs"]),
    library("libvirt", [&["libvirt/"], &["virt"], &["libvirt"]], ["libvirt-dev", "libvirt-devel"], ["libvirt0", "libvirt-libs"]),
    library("systemd", [&["systemd/"], &["systemd"], &["libsystemd"]], ["libsystemd-dev", "systemd-devel"], ["libsystemd0", "systemd-libs"]),
    library("Augeas", [&["augeas.h"], &["augeas"], &["augeas"]], ["libaugeas-dev", "augeas-devel"], ["libaugeas0", "augeas-libs"]),
    library("libpcap", [&["pcap"], &["pcap"], &["pcap-config", "libpcap"]], ["libpcap-dev", "libpcap-devel"], ["libpcap0.8", "libpcap"]),
    library("libusb", [&["libusb"], &["usb-1.0"], &["libusb-1.0"]], ["libusb-1.0-0-dev", "libusb1-devel"], ["libusb-1.0-0", "libusb1"]),
    library("libyaml", [&["yaml.h"], &["yaml-0"], &["yaml-0.1"]], ["libyaml-dev", "libyaml-devel"], ["libyaml-0-2", "libyaml"]),
    library("GMP", [&["gmp.h"], &["gmp"], &["gmp"]], ["libgmp-dev", "gmp-devel"], ["libgmp10", "gmp"]),
    library("cairo", [&["cairo"], &["cairo"], &["cairo"]], ["libcairo2-dev", "cairo-devel"], ["libcairo2", "cairo"]),
    library("D-Bus", [&["dbus/"], &["dbus-1"], &["dbus-1"]], ["libdbus-1-dev", "dbus-devel"], ["libdbus-1-3", "dbus-libs"]),
    library("GLib", [&["glib.h", "gio/"], &["glib-2.0", "gobject-2.0"], &["glib-2.0", "gobject-2.0"]], ["libglib2.0-dev", "glib2-devel"], ["libglib2.0-0", "glib2"]),
    library("OpenGL", [&["GL/"], &["GL"], &["gl"]], ["libgl-dev", "mesa-libGL-devel"], ["libgl1", "mesa-libGL"]),
    library("Python's headers", [&["Python.h"], &["python3"], &["python3-config"]], ["python3-dev", "python3-devel"], ["libpython3-stdlib", "python3-libs"]),
    library("the C++ library", [&[], &["stdc++"], &[]], ["g++", "gcc-c++"], ["libstdc++6", "libstdc++"]),
    library("the library of GCC", [&[], &["gcc_s"], &[]], ["gcc", "gcc"], ["libgcc-s1", "libgcc"]),
    library("OpenMP", [&["omp.h"], &["gomp"], &[]], ["libgomp1", "libgomp"], ["libgomp1", "libgomp"]),
    library("a C compiler", [&["stdio.h", "stdlib.h", "limits.h"], &[], &["gcc", "cc", "x86_64-linux-gnu-gcc", "aarch64-linux-gnu-gcc"]], ["build-essential", "gcc"], ["build-essential", "gcc"]),
    library("a C++ compiler", [&[], &[], &["g++", "c++"]], ["build-essential", "gcc-c++"], ["build-essential", "gcc-c++"]),
    library("a Fortran compiler", [&[], &[], &["gfortran"]], ["gfortran", "gcc-gfortran"], ["gfortran", "gcc-gfortran"]),
    library("Rust", [&[], &[], &["cargo", "rustc"]], ["cargo", "cargo"], ["cargo", "cargo"]),
    library("CMake", [&[], &[], &["cmake"]], ["cmake", "cmake"], ["cmake", "cmake"]),
    library("SWIG", [&[], &[], &["swig"]], ["swig", "swig"], ["swig", "swig"]),
    library("pkg-config", [&[], &[], &["pkg-config", "pkgconf"]], ["pkg-config", "pkgconf-pkg-config"], ["pkg-config", "pkgconf-pkg-config"]),
];

impl SystemLibrary {
    /// The library that has the header `path`, such as `gssapi/gssapi.h`.
    pub fn of_header(path: &str) -> Option<&'static Self> {
        LIBRARIES.iter().find(|library| library.headers.iter().any(|header| path.starts_with(header)))
    }

    /// The library of a configuration program or pkg-config name, such as `krb5-config`.
    pub fn of_config(name: &str) -> Option<&'static Self> {
        LIBRARIES.iter().find(|library| library.configs.contains(&name))
    }

    /// The library of a shared library's file name, such as `libgssapi_krb5.so.2`, or of what a linker
    /// calls it, such as `gssapi_krb5`.
    pub fn of_shared(name: &str) -> Option<&'static Self> {
        let stem = name.strip_prefix("lib").filter(|_| name.contains(".so")).unwrap_or(name);
        let stem = stem.split(".so").next().unwrap_or(stem);
        let is_it = |known: &str| {
            // In `libpython3.11.so` and `libldap-2.5.so.0` a version follows the stem directly.
            stem == known || stem.strip_prefix(known).is_some_and(|rest| rest.starts_with(['.', '-']))
        };
        LIBRARIES.iter().find(|library| library.libraries.iter().any(|known| is_it(known)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_found_by_what_builds_complain_of() {
        let name = |found: Option<&'static SystemLibrary>| found.map(|library| library.name);
        assert_eq!(name(SystemLibrary::of_header("gssapi/gssapi.h")), Some("Kerberos"));
        assert_eq!(name(SystemLibrary::of_header("Python.h")), Some("Python's headers"));
        assert_eq!(name(SystemLibrary::of_config("pg_config")), Some("PostgreSQL client"));
        assert_eq!(name(SystemLibrary::of_shared("libgssapi_krb5.so.2")), Some("Kerberos"));
        assert_eq!(name(SystemLibrary::of_shared("libstdc++.so.6")), Some("the C++ library"));
        assert_eq!(name(SystemLibrary::of_shared("ldap")), Some("OpenLDAP"));
        assert_eq!(name(SystemLibrary::of_shared("libpython3.11.so.1.0")), Some("Python's headers"));
        for unknown in ["libsomething.so.1", "libzstd.so.1", "libsslx.so"] {
            assert_eq!(name(SystemLibrary::of_shared(unknown)), None, "{unknown}");
        }
    }

    #[test]
    fn packages_are_named_for_both_families() {
        let kerberos = SystemLibrary::of_config("krb5-config").unwrap();
        assert_eq!(kerberos.development.to_string(), "Debian: libkrb5-dev, RPM: krb5-devel");
    }
}
