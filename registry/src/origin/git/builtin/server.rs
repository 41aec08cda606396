//! A repository behind HTTP, by version 2 of git's protocol (gitprotocol-v2, gitprotocol-http).

use std::fmt::Write as _;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use gix_hash::ObjectId;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, StatusCode};
use tokio::runtime::Runtime;
use url::Url;

use super::fault::Fault;
use super::limits::Limits;
use super::objects::Objects;
use super::packets::{PackBand, Packet, push_delimiter, push_flush, push_line, read_packet, text_of};
use crate::fetch::{Connection, MAX_REDIRECTS, MAX_UNSIZED_BYTES, SecretHeader, client, next_url, raised};
use crate::source::certificate_fault;

/// The most bytes that a server may tell of its refs.
const MAX_LIST_BYTES: u64 = 64 << 20;
/// The end of the URL by which a server tells what it can.
const ADVERTISEMENT: &str = "/info/refs?service=git-upload-pack";
const NOT_SPOKEN: Fault = Fault::Needed("its server does not speak version 2 of git's protocol");

/// The repository's server.
pub(super) struct Server {
    runtime: Runtime,
    client: Client,
    /// The URL of the repository, after redirects.
    base: Url,
    headers: Vec<SecretHeader>,
    names_format: bool,
    can_be_shallow: bool,
}

/// The commits to fetch.
pub(super) enum Wanted<'a> {
    /// One of them, without those before it.
    Commit(&'a ObjectId),
    /// All of these with all before them.
    Histories(&'a [ObjectId]),
}

impl Server {
    /// Asks the server of `url` what it can, with `headers`, which are for it alone.
    pub(super) fn open(
        url: &Url,
        headers: Vec<SecretHeader>,
        connection: &Connection,
        limits: &Limits<'_>,
    ) -> Result<Self, Fault> {
        let mut base = url.clone();
        // A login is sent as a header; fails only for URLs that cannot have one.
        let _ = base.set_username("").and_then(|()| base.set_password(None));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = client(connection).map_err(Fault::broken)?;
        let mut this = Self { runtime, client, base, headers, names_format: false, can_be_shallow: false };
        let mut told = Vec::new();
        this.base = this.advertised(&mut told, limits)?;
        this.read_advertisement(&told)?;
        Ok(this)
    }

    /// The URL of the repository that tells what it can.
    fn advertised(&self, told: &mut Vec<u8>, limits: &Limits<'_>) -> Result<Url, Fault> {
        let refused = |reason: &str| Fault::Broken(format!("its server is not followed: {reason}"));
        let broken = || refused("it leads to something that is no URL");
        let base = self.base.as_str().trim_end_matches('/');
        let mut url: Url = format!("{base}{ADVERTISEMENT}").parse().map_err(|_| broken())?;
        for _ in 0..=MAX_REDIRECTS {
            let request = self.client.get(url.clone()).header(ACCEPT, "*/*");
            let next = self.exchange(request, told, MAX_LIST_BYTES, "advertisement", limits, |response| {
                next_url(&url, response)
            })?;
            match next {
                None => {
                    let base = url.as_str().strip_suffix(ADVERTISEMENT).ok_or_else(broken)?;
                    return base.parse().map_err(|_| broken());
                }
                // The caller's headers are for this server.
                Some(_) if !self.headers.is_empty() => {
                    return Err(refused("it leads elsewhere, and headers or a login are sent along"));
                }
                Some(next) => url = next,
            }
        }
        Err(refused("it leads on without end"))
    }

    fn read_advertisement(&mut self, told: &[u8]) -> Result<(), Fault> {
        let mut from = told;
        let mut line = || match read_packet(&mut from) {
            Ok(Packet::Line(line)) => Ok(Some(line)),
            Ok(_) => Ok(None),
            Err(error) => Err(Fault::Broken(error.to_string())),
        };
        let mut first = line()?;
        if first.as_ref().is_some_and(|line| line.starts_with(b"# service=")) {
            first = line()?;
            if first.is_none() {
                first = line()?;
            }
        }
        if first.is_none_or(|line| line.trim_ascii_end() != b"version 2") {
            return Err(NOT_SPOKEN);
        }
        let (mut lists, mut fetches) = (false, false);
        while let Some(line) = line()? {
            let text = text_of(&line).map_err(Fault::broken)?;
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            match name {
                "ls-refs" => lists = true,
                "fetch" => {
                    fetches = true;
                    self.can_be_shallow = value.split(' ').any(|word| word == "shallow");
                }
                "object-format" if value == "sha1" => self.names_format = true,
                "object-format" => return Err(Fault::Needed("its format is a newer one")),
                _ => {}
            }
        }
        if lists && fetches { Ok(()) } else { Err(NOT_SPOKEN) }
    }

    /// The refs that begin with one of `prefixes`, as `git ls-remote` lists them.
    pub(super) fn list(&self, prefixes: &[String], limits: &Limits<'_>) -> Result<String, Fault> {
        let mut request = self.command("ls-refs");
        push_line(&mut request, "peel");
        for prefix in prefixes {
            push_line(&mut request, &format!("ref-prefix {prefix}"));
        }
        push_flush(&mut request);
        let (mut told, mut listed) = (Vec::new(), String::new());
        self.post(request, &mut told, MAX_LIST_BYTES, limits)?;
        let mut from = &told[..];
        while let Packet::Line(line) = read_packet(&mut from).map_err(Fault::broken)? {
            let text = text_of(&line).map_err(Fault::broken)?;
            let mut words = text.split(' ');
            let (Some(id), Some(name)) = (words.next(), words.next()) else { continue };
            let _ = writeln!(listed, "{id}\t{name}");
            if let Some(peeled) = words.find_map(|word| word.strip_prefix("peeled:")) {
                let _ = writeln!(listed, "{peeled}\t{name}^{{}}");
            }
        }
        Ok(listed)
    }

    /// Fetches what is wanted to the new directory `directory`.
    pub(super) fn fetch(
        &self,
        wanted: &Wanted<'_>,
        directory: &Path,
        limits: &Limits<'_>,
    ) -> Result<Objects, Fault> {
        let mut request = self.command("fetch");
        for option in ["no-progress", "ofs-delta"] {
            push_line(&mut request, option);
        }
        if self.can_be_shallow && matches!(wanted, Wanted::Commit(_)) {
            push_line(&mut request, "deepen 1");
        }
        let ids = match wanted {
            Wanted::Commit(id) => std::slice::from_ref(*id),
            Wanted::Histories(ids) => ids,
        };
        for id in ids {
            push_line(&mut request, &format!("want {id}"));
        }
        push_line(&mut request, "done");
        push_flush(&mut request);
        fs_err::create_dir(directory)?;
        let path = directory.join("response");
        let mut file = fs_err::OpenOptions::new().write(true).create_new(true).open(&path)?;
        self.post(request, &mut file, MAX_UNSIZED_BYTES, limits)?;
        drop(file);
        let mut response = BufReader::new(fs_err::File::open(&path)?);
        skip_to_pack(&mut response)?;
        let objects = Objects::of_pack(&mut BufReader::new(PackBand::new(response)), directory, limits)?;
        fs_err::remove_file(path)?;
        Ok(objects)
    }

    fn command(&self, name: &str) -> Vec<u8> {
        let mut request = Vec::new();
        push_line(&mut request, &format!("command={name}"));
        if self.names_format {
            push_line(&mut request, "object-format=sha1");
        }
        push_delimiter(&mut request);
        request
    }

    fn post(&self, body: Vec<u8>, to: &mut impl Write, limit: u64, limits: &Limits<'_>) -> Result<(), Fault> {
        let base = self.base.as_str().trim_end_matches('/');
        let request = self.client.post(format!("{base}/git-upload-pack")).body(body);
        let request = request
            .header(CONTENT_TYPE, "application/x-git-upload-pack-request")
            .header(ACCEPT, "application/x-git-upload-pack-result");
        self.exchange(request, to, limit, "result", limits, |_| Ok(None)).map(drop)
    }

    /// Sends `request`, and writes the answer, which is git's `form`, to `to`; or returns where `next` says that the
    /// server leads.
    fn exchange(
        &self,
        request: RequestBuilder,
        to: &mut impl Write,
        limit: u64,
        form: &str,
        limits: &Limits<'_>,
        next: impl Fn(&reqwest::Response) -> Result<Option<Url>, &'static str>,
    ) -> Result<Option<Url>, Fault> {
        let mut request = request.header("Git-Protocol", "version=2");
        for header in &self.headers {
            request = request.header(header.name(), header.value());
        }
        let exchanged = async {
            let mut response = request.send().await.map_err(transport)?;
            let next = next(&response)
                .map_err(|reason| Fault::Broken(format!("its server is not followed: {reason}")))?;
            if next.is_some() {
                return Ok(next);
            }
            match response.status() {
                StatusCode::OK => {}
                StatusCode::UNAUTHORIZED => {
                    return Err(Fault::Broken("its server asks for a login (401 Unauthorized)".to_owned()));
                }
                status => return Err(Fault::Broken(format!("its server answered {status}"))),
            }
            let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            if kind != Some(&*format!("application/x-git-upload-pack-{form}")) {
                return Err(NOT_SPOKEN);
            }
            let mut left = limit;
            while let Some(chunk) = response.chunk().await.map_err(transport)? {
                left = left
                    .checked_sub(chunk.len() as u64)
                    .ok_or_else(|| Fault::Broken(format!("its server sent more than {limit} bytes")))?;
                to.write_all(&chunk)?;
            }
            Ok(None)
        };
        self.runtime.block_on(async {
            tokio::select! {
                done = tokio::time::timeout(limits.left(), exchanged) =>
                    done.unwrap_or_else(|_| Err(Fault::Broken("it did not end, and was stopped".to_owned()))),
                () = raised(limits.interrupt()) => Err(Fault::Interrupted),
            }
        })
    }
}

/// Reads a response up to its pack.
fn skip_to_pack(response: &mut impl Read) -> Result<(), Fault> {
    loop {
        match read_packet(response) {
            Ok(Packet::Line(line)) if line.trim_ascii_end() == b"packfile" => return Ok(()),
            Ok(Packet::Line(_) | Packet::Delimiter) => {}
            Ok(Packet::Flush | Packet::End) => {
                return Err(Fault::Broken("its server sent no pack".to_owned()));
            }
            // It has no such commit, or gives none out that no ref leads to.
            Err(error) if error.to_string().contains("not our ref") => return Err(Fault::NoCommit),
            Err(error) => return Err(Fault::Broken(error.to_string())),
        }
    }
}

fn transport(error: reqwest::Error) -> Fault {
    match certificate_fault(&error) {
        Some(fault) => Fault::Broken(fault.to_string()),
        None => Fault::broken(error.without_url()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_commit_that_a_server_has_not_is_told_apart() {
        let not_ours = b"0032ERR upload-pack: not our ref aaaaaaaaaaaaaaaaaa".to_vec();
        let not_ours = [format!("{:04x}", not_ours.len()).as_bytes(), &not_ours[4..]].concat();
        assert!(matches!(skip_to_pack(&mut Cursor::new(not_ours)), Err(Fault::NoCommit)));
        assert!(matches!(skip_to_pack(&mut &b"0000"[..]), Err(Fault::Broken(_))));
        let mut pack = &b"0011shallow-info\n0001000dpackfile\n0005\x01"[..];
        skip_to_pack(&mut pack).unwrap();
        assert_eq!(pack, b"0005\x01");
    }
}
