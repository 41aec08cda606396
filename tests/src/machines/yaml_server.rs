//! The language server that editors ask about YAML, over its standard input and output.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// The release of `yaml-language-server` that is asked.
const RELEASE: &str = "yaml-language-server@1.19";
/// The longest time that an answer takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server, stopped when dropped.
#[derive(Debug)]
pub struct YamlServer {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<Value>,
    settings: Value,
    last: u64,
}

/// A defect that the server tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    /// The message.
    pub message: String,
}

impl YamlServer {
    /// Installs the server into `folder` from the npm registry; false if this machine has no npm.
    pub fn install(folder: &Path) -> bool {
        if Command::new("npm").arg("--version").output().is_err() {
            return false;
        }
        fs_err::create_dir_all(folder).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
        let output = npm.arg(folder).arg(RELEASE).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "npm: {}", String::from_utf8_lossy(&output.stderr));
        true
    }

    /// Starts the server that is installed in `folder`; each of `schemas` is for the files of a pattern.
    pub fn start(folder: &Path, schemas: &[(&Path, &str)]) -> Self {
        let program = folder.join("node_modules/yaml-language-server/bin/yaml-language-server");
        let mut child = Command::new("node")
            .arg(program)
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read_message(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let schemas: BTreeMap<String, &str> =
            schemas.iter().map(|(schema, files)| (format!("file://{}", schema.display()), *files)).collect();
        let settings = json!({"schemas": schemas, "validate": true, "completion": true, "schemaStore": {"enable": false}});
        let mut server = Self { child, requests, answers, settings, last: 0 };
        let capabilities = json!({"workspace": {"configuration": true}, "textDocument": {"completion": {}}});
        server.ask(
            "initialize",
            &json!({"processId": null, "rootUri": "file:///packs", "capabilities": capabilities}),
        );
        server.send(&json!({"method": "initialized", "params": {}}));
        let changed = json!({"settings": {"yaml": server.settings}});
        server.send(&json!({"method": "workspace/didChangeConfiguration", "params": changed}));
        server
    }

    /// Opens the file at `path` with `text`, and gives the defects that the server tells of, in order.
    pub fn open(&mut self, path: &str, text: &str) -> Vec<Told> {
        let uri = uri(path);
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.send(&json!({"method": "textDocument/didOpen", "params": {"textDocument": document}}));
        let told = self.wait(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
        });
        let place = |told: &Value, key: &str| told["range"]["start"][key].as_u64().unwrap() + 1;
        let mut told: Vec<Told> = told["params"]["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|told| Told {
                line: place(told, "line"),
                column: place(told, "character"),
                message: told["message"].as_str().unwrap().to_owned(),
            })
            .collect();
        told.sort_by_key(|told| (told.line, told.column));
        told
    }

    /// What the server offers to write at a place of an open file, counted from 1.
    pub fn complete(&mut self, path: &str, line: u64, column: u64) -> Vec<String> {
        let position = json!({"line": line - 1, "character": column - 1});
        let asked = json!({"textDocument": {"uri": uri(path)}, "position": position});
        let answer = self.ask("textDocument/completion", &asked);
        let items = answer["items"].as_array().or(answer.as_array()).unwrap();
        items.iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        self.send(&json!({"id": id, "method": method, "params": params}));
        let answer = self.wait(|message| message["id"] == id && message.get("method").is_none());
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The first message that is `wanted`; what the server asks for meanwhile is answered.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.answers.recv_timeout(PATIENCE).expect("the server answers in time");
            if wanted(&message) {
                return message;
            }
            let Some(id) = message.get("id").filter(|_| message.get("method").is_some()) else { continue };
            let asked = message["params"]["items"].as_array().cloned().unwrap_or_default();
            let settings =
                |item: &Value| if item["section"] == "yaml" { self.settings.clone() } else { json!({}) };
            let result = match message["method"].as_str() {
                Some("workspace/configuration") => asked.iter().map(settings).collect(),
                _ => Value::Null,
            };
            let answer = json!({"id": id, "result": result});
            self.send(&answer);
        }
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        write!(self.requests, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.requests.flush().unwrap();
    }
}

impl Drop for YamlServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn uri(path: &str) -> String {
    format!("file:///packs/{path}")
}

fn read_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    Read::read_exact(output, &mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
