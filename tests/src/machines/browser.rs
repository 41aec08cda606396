//! A real browser without a window, driven through its debugging protocol, over a pair of named pipes.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, mkfifoat};
use serde_json::{Value, json};

/// The longest time that a page may take to become as it is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser with one page, closed when dropped.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: Value,
    calls: u64,
    /// The URLs of all requests so far.
    pub requests: Vec<String>,
    /// The messages of its console, and of its policies, so far.
    pub told: Vec<String>,
}

impl Browser {
    /// Starts Chromium with a profile in `directory`.
    #[track_caller]
    pub fn start(directory: &Path) -> Self {
        let [to, from] = ["browser.in", "browser.out"].map(|name| directory.join(name));
        for pipe in [&to, &from] {
            mkfifoat(CWD, pipe, Mode::RUSR | Mode::WUSR).unwrap();
        }
        let script = "exec chromium --headless --no-sandbox --disable-gpu --remote-debugging-pipe --no-first-run \
             --disable-component-update --disable-background-networking --window-size=1100,900 \
             --user-data-dir=\"$PROFILE\" about:blank 3<\"$IN\" 4>\"$OUT\"";
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("IN", &to).env("OUT", &from);
        command.env("PROFILE", directory.join("profile")).env("HOME", directory);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The shell opens them in this order.
        let to = OpenOptions::new().write(true).open(to).unwrap();
        let from = BufReader::new(File::open(from).unwrap());
        let (requests, told) = (Vec::new(), Vec::new());
        let mut browser = Self { child, to, from, session: Value::Null, calls: 0, requests, told };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}))["targetId"].clone();
        let attach = json!({"targetId": target, "flatten": true});
        browser.session = browser.call("Target.attachToTarget", &attach)["sessionId"].clone();
        for domain in ["Page", "Network", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// The result of a method of the protocol.
    #[track_caller]
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": parameters});
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the browser ended");
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            if answer["id"] == self.calls {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.event(&answer);
        }
    }

    fn event(&mut self, event: &Value) {
        let parameters = &event["params"];
        match event["method"].as_str() {
            Some("Network.requestWillBeSent") => {
                self.requests.extend(parameters["request"]["url"].as_str().map(str::to_owned));
            }
            Some("Log.entryAdded") => self.told.push(parameters["entry"].to_string()),
            Some("Runtime.exceptionThrown" | "Runtime.consoleAPICalled") => {
                self.told.push(parameters.to_string());
            }
            _ => {}
        }
    }

    /// Goes to `url`.
    #[track_caller]
    pub fn open(&mut self, url: &str) {
        let gone = self.call("Page.navigate", &json!({"url": url}));
        assert!(gone["errorText"].is_null(), "{url}: {gone}");
        self.wait_for("document.readyState === 'complete'");
    }

    /// The value of an expression of JavaScript in the page, or of the promise that it is.
    #[track_caller]
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn wait_for(&mut self, expression: &str) {
        let began = Instant::now();
        while self.evaluate(expression) != true {
            assert!(began.elapsed() < PATIENCE, "{expression}: {:?}", self.told);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Shows the page to somebody who likes `scheme`: `light` or `dark`.
    #[track_caller]
    pub fn prefer(&mut self, scheme: &str) {
        let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", &json!({"features": feature}));
    }

    /// A picture of the page, as PNG in base64.
    #[track_caller]
    pub fn picture(&mut self) -> String {
        let taken = self.call("Page.captureScreenshot", &json!({"captureBeyondViewport": true}));
        taken["data"].as_str().unwrap().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Fails when it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
