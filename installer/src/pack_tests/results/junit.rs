//! The XML that `JUnit` wrote first and most runners write: suites of cases, each with what went wrong.
//!
//! No schema binds its writers. Suites nest, attributes are absent, and numbers may have commas. A document type is
//! refused, and with it every entity that is not one of XML's own five.

use attune_schemas::pack_test_result::TestStatus;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::cases::{CaseText, Cases};

/// The deepest nesting; suites have two or three levels.
const MAX_DEPTH: usize = 64;
const VERSION: XmlVersion = XmlVersion::Implicit1_0;

/// Reads `text`.
pub(super) fn read(text: &str, cases: &mut Cases) -> Result<(), String> {
    let mut reading = Reading { cases, suites: Vec::new(), case: None, path: Vec::new(), has_root: false };
    let mut reader = Reader::from_str(text);
    let unreadable = |at: u64, error: &dyn std::fmt::Display| format!("it is no XML at byte {at}: {error}");
    loop {
        let event = reader.read_event().map_err(|error| unreadable(reader.error_position(), &error))?;
        match event {
            Event::Start(element) => reading.start(&element)?,
            Event::Empty(element) => {
                reading.start(&element)?;
                reading.end()?;
            }
            Event::End(_) => reading.end()?,
            Event::Text(text) => reading.text(&text.xml_content(VERSION)),
            Event::CData(text) => reading.text(&text.xml_content(VERSION)),
            Event::GeneralRef(reference) => reading.reference(&reference)?,
            Event::DocType(_) => return Err("it has a document type, which is refused".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if !reading.path.is_empty() {
        return Err("it is XML that ends too early".to_owned());
    }
    if !reading.has_root {
        return Err("it is empty".to_owned());
    }
    Ok(())
}

/// A suite that is open, with what it says of itself and what it was seen to hold.
#[derive(Default)]
struct OpenSuite {
    name: String,
    claimed_total: u64,
    claimed_failed: u64,
    total: u64,
    failed: u64,
}

/// A case that is open.
struct OpenCase {
    name: String,
    seconds: f64,
    status: TestStatus,
    message: String,
    detail: String,
    stdout: String,
    stderr: String,
}

/// Where text inside of a case belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Suite,
    Case,
    Detail,
    Stdout,
    Stderr,
    Other,
}

struct Reading<'a> {
    cases: &'a mut Cases,
    suites: Vec<OpenSuite>,
    case: Option<OpenCase>,
    path: Vec<Part>,
    has_root: bool,
}

impl Reading<'_> {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        if self.path.len() >= MAX_DEPTH {
            return Err(format!("its XML nests deeper than {MAX_DEPTH} elements"));
        }
        let name = element.local_name();
        let name: &str = name.as_ref();
        if self.path.is_empty() {
            if self.has_root {
                return Err("it has more than one root".to_owned());
            }
            if !matches!(name, "testsuites" | "testsuite") {
                return Err(format!("its root is `{}`, not `testsuites`", name.escape_debug()));
            }
            self.has_root = true;
        }
        let part = match name {
            "testsuites" | "testsuite" if self.case.is_none() => {
                let suite = suite(element)?;
                self.suites.push(suite);
                Part::Suite
            }
            "testcase" if self.case.is_none() => {
                self.case = Some(self.new_case(element)?);
                Part::Case
            }
            _ => match (&mut self.case, self.path.last()) {
                (Some(case), Some(Part::Case)) => case.child(name, element)?,
                _ => Part::Other,
            },
        };
        self.path.push(part);
        Ok(())
    }

    fn new_case(&self, element: &BytesStart<'_>) -> Result<OpenCase, String> {
        let mut case = OpenCase {
            name: String::new(),
            seconds: 0.0,
            status: TestStatus::Passed,
            message: String::new(),
            detail: String::new(),
            stdout: String::new(),
            stderr: String::new(),
        };
        let mut class = String::new();
        for (key, value) in attributes(element)? {
            match key.as_str() {
                "name" => case.name = value,
                "classname" => class = value,
                "time" => case.seconds = value.replace(',', "").parse().unwrap_or(0.0),
                "status" | "result" if is_skipped(&value) => case.status = TestStatus::Skipped,
                _ => {}
            }
        }
        if class.is_empty() {
            class = self.suites.last().map(|suite| suite.name.clone()).unwrap_or_default();
        }
        if !class.is_empty() && !case.name.starts_with(&class) {
            case.name = format!("{class}.{}", case.name);
        }
        Ok(case)
    }

    fn end(&mut self) -> Result<(), String> {
        match self.path.pop() {
            Some(Part::Case) => {
                let case = self.case.take().expect("its element was open");
                let has_failed = matches!(case.status, TestStatus::Failed | TestStatus::Error);
                if let Some(suite) = self.suites.last_mut() {
                    suite.total += 1;
                    suite.failed += u64::from(has_failed);
                }
                let message =
                    [case.message.trim(), case.detail.trim()].into_iter().find(|text| !text.is_empty());
                let told = CaseText {
                    name: &case.name,
                    seconds: case.seconds,
                    message: message.filter(|_| case.status != TestStatus::Passed),
                    stdout: &case.stdout,
                    stderr: &case.stderr,
                };
                self.cases.push(case.status, &told)
            }
            Some(Part::Suite) => {
                let suite = self.suites.pop().expect("its element was open");
                self.close(suite)
            }
            _ => Ok(()),
        }
    }

    /// Holds what a suite says of itself against what it held; the worse counts.
    fn close(&mut self, mut suite: OpenSuite) -> Result<(), String> {
        if suite.claimed_total > suite.total {
            let missing = suite.claimed_total - suite.total;
            let message =
                format!("{missing} of the {} tests of `{}` are not listed", suite.claimed_total, suite.name);
            self.cases.doubt(missing, &message)?;
            (suite.total, suite.failed) = (suite.claimed_total, suite.failed.saturating_add(missing));
        } else if suite.claimed_failed > suite.failed {
            let more = suite.claimed_failed - suite.failed;
            let message = format!("{more} tests of `{}` failed that are not told", suite.name);
            self.cases.doubt(more, &message)?;
            (suite.total, suite.failed) = (suite.total.saturating_add(more), suite.claimed_failed);
        }
        if let Some(parent) = self.suites.last_mut() {
            parent.total = parent.total.saturating_add(suite.total);
            parent.failed = parent.failed.saturating_add(suite.failed);
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let (Some(case), Some(part)) = (&mut self.case, self.path.last()) else { return };
        match part {
            Part::Detail => case.detail.push_str(text),
            Part::Stdout => case.stdout.push_str(text),
            Part::Stderr => case.stderr.push_str(text),
            Part::Suite | Part::Case | Part::Other => {}
        }
    }

    fn reference(&mut self, reference: &quick_xml::events::BytesRef<'_>) -> Result<(), String> {
        let unknown = || "it refers to an entity that XML does not have".to_owned();
        if let Some(character) = reference.resolve_char_ref().map_err(|_| unknown())? {
            self.text(character.encode_utf8(&mut [0; 4]));
        } else {
            let name: &str = reference;
            self.text(quick_xml::escape::resolve_xml_entity(name).ok_or_else(unknown)?);
        }
        Ok(())
    }
}

impl OpenCase {
    /// What an element inside of a case says; of several the worst counts.
    fn child(&mut self, name: &str, element: &BytesStart<'_>) -> Result<Part, String> {
        let status = match name {
            "failure" => TestStatus::Failed,
            "error" => TestStatus::Error,
            "skipped" | "disabled" => TestStatus::Skipped,
            "system-out" => return Ok(Part::Stdout),
            "system-err" => return Ok(Part::Stderr),
            _ => return Ok(Part::Other),
        };
        let (mut message, mut kind) = (String::new(), String::new());
        for (key, value) in attributes(element)? {
            match key.as_str() {
                "message" => message = value,
                "type" => kind = value,
                _ => {}
            }
        }
        let has_failed = matches!(self.status, TestStatus::Failed | TestStatus::Error);
        if status == TestStatus::Skipped {
            // pytest says so of a failure that is expected.
            let as_expected = kind == "pytest.xfail";
            if !has_failed && !as_expected {
                self.status = TestStatus::Skipped;
            }
        } else if !has_failed {
            self.status = status;
            self.detail.clear();
        }
        if self.message.is_empty() || !has_failed {
            self.message = if message.is_empty() { kind } else { message };
        }
        Ok(Part::Detail)
    }
}

fn suite(element: &BytesStart<'_>) -> Result<OpenSuite, String> {
    let mut suite = OpenSuite::default();
    for (key, value) in attributes(element)? {
        let number = || value.trim().replace(',', "").parse::<u64>().unwrap_or(0);
        match key.as_str() {
            "name" => suite.name = value,
            "tests" => suite.claimed_total = number(),
            "failures" | "errors" => {
                suite.claimed_failed = suite.claimed_failed.saturating_add(number());
            }
            _ => {}
        }
    }
    Ok(suite)
}

fn attributes(element: &BytesStart<'_>) -> Result<Vec<(String, String)>, String> {
    let attributes = element.attributes().map(|attribute| {
        let attribute = attribute.map_err(|error| format!("it is no XML: {error}"))?;
        let value = attribute.normalized_value(VERSION).map_err(|error| format!("it is no XML: {error}"))?;
        let key: &str = attribute.key.local_name().into_inner();
        Ok((key.to_owned(), value.into_owned()))
    });
    attributes.collect()
}

fn is_skipped(status: &str) -> bool {
    ["skipped", "disabled", "notrun", "suppressed"].contains(&status.to_ascii_lowercase().as_str())
}
